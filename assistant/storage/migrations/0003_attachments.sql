-- Pictures and sounds that go with a question. Their content is in files, named by `sha256`.

CREATE TABLE message_attachment (
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('image', 'sound')),
    mime       TEXT NOT NULL,
    n_bytes    INTEGER NOT NULL,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    seconds    REAL NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_attachment_by_content ON message_attachment (sha256);
