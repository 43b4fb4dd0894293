-- What happens when a conversation no longer fits into the context. The messages themselves are never changed for it.

ALTER TABLE conversation ADD COLUMN overflow TEXT  -- NULL for what the settings say
    CHECK (overflow IN ('stop', 'drop', 'summarise', 'extend'));

ALTER TABLE conversation ADD COLUMN n_ctx INTEGER NOT NULL DEFAULT 0;  -- 0 for that of the settings

ALTER TABLE message ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1));

ALTER TABLE message ADD COLUMN room TEXT;  -- JSON of RoomMade
