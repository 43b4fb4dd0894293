-- Model files that a person has chosen, so that the picker can offer them again.

CREATE TABLE model_file (
    path         TEXT PRIMARY KEY,
    last_used_at REAL NOT NULL
) STRICT;
