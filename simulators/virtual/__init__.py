"""A world in virtual time: broker, devices, people, store and disk, and what goes wrong there."""
