-- Conversations, their messages and the full-text index over both.

-- `number` is declared, because VACUUM may renumber an implicit rowid and search_index refers to it. It is also the
-- order of creation: the clock may be set back, the number only grows.
CREATE TABLE conversation (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    title          TEXT NOT NULL,
    system_prompt  TEXT NOT NULL,
    created_at     REAL NOT NULL,
    updated_at     REAL NOT NULL,
    active_leaf_id TEXT,
    FOREIGN KEY (id, active_leaf_id) REFERENCES message (conversation_id, id)
) STRICT;

CREATE INDEX conversation_by_time ON conversation (updated_at);

-- The pair of foreign keys keeps a message, its parent and its conversation together.
CREATE TABLE message (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent_id       TEXT,
    role            TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text            TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('generating', 'complete', 'interrupted', 'failed')),
    created_at      REAL NOT NULL,
    finish_reason   TEXT,
    error           TEXT,           -- JSON of ErrorInfo
    model           TEXT NOT NULL DEFAULT '',
    usage           TEXT,           -- JSON of Usage
    timings         TEXT,           -- JSON of Timings
    token_ids       BLOB NOT NULL DEFAULT x'',  -- little-endian int32
    vocabulary      TEXT NOT NULL DEFAULT '',
    owner           TEXT,           -- token of the process that generates it
    UNIQUE (conversation_id, id),
    FOREIGN KEY (conversation_id, parent_id) REFERENCES message (conversation_id, id),
    CHECK ((status = 'generating') = (owner IS NOT NULL))
) STRICT;

CREATE INDEX message_by_parent ON message (conversation_id, parent_id);
CREATE INDEX message_generating ON message (owner) WHERE owner IS NOT NULL;

-- One row a message (rowid = message.number) and one a title (rowid = -conversation.number), so that one query ranks
-- both. `grams` holds Chinese, Japanese and Korean as overlapping pairs of characters: FTS5's trigram tokenizer finds
-- no word of two characters, and most Chinese words are two characters.
CREATE VIRTUAL TABLE search_index USING fts5 (words, grams, tokenize = 'unicode61 remove_diacritics 2');

CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
    DELETE FROM search_index WHERE rowid = old.number;
END;

CREATE TRIGGER conversation_deleted AFTER DELETE ON conversation BEGIN
    DELETE FROM search_index WHERE rowid = -old.number;
END;
