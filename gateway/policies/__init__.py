"""The life of policies: loaded, kept on disk, watched, offered, tried in the shadow."""
