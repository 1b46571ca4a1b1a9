"""CertLogic 1.3, the rule language of the EU's digital certificates: JSON rules over JSON data."""
