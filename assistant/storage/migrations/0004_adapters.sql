-- LoRA adapters: those that a person has added, and those that a conversation uses and that an answer was made with.

CREATE TABLE adapter_file (
    path         TEXT PRIMARY KEY,
    last_used_at REAL NOT NULL
) STRICT;

ALTER TABLE conversation ADD COLUMN adapters TEXT NOT NULL DEFAULT '[]';  -- JSON of AdapterUse, in order

ALTER TABLE message ADD COLUMN adapters TEXT NOT NULL DEFAULT '[]';
