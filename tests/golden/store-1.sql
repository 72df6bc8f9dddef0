CREATE TABLE stored_events (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version));
CREATE TABLE event_proofs (
        position INTEGER PRIMARY KEY REFERENCES stored_events (rowid),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        signature BLOB NOT NULL);
CREATE TABLE sealed_values (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        ciphertext BLOB);
CREATE TABLE stored_snapshots (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version)) WITHOUT ROWID;
CREATE TRIGGER stored_events_refuse_update BEFORE UPDATE ON stored_events 
    BEGIN SELECT raise(ABORT, 'history only grows: UPDATE on stored_events is refused'); END;
CREATE TRIGGER stored_events_refuse_delete BEFORE DELETE ON stored_events 
    BEGIN SELECT raise(ABORT, 'history only grows: DELETE on stored_events is refused'); END;
CREATE TRIGGER event_proofs_refuse_update BEFORE UPDATE ON event_proofs 
    BEGIN SELECT raise(ABORT, 'history only grows: UPDATE on event_proofs is refused'); END;
CREATE TRIGGER event_proofs_refuse_delete BEFORE DELETE ON event_proofs 
    BEGIN SELECT raise(ABORT, 'history only grows: DELETE on event_proofs is refused'); END;
CREATE TRIGGER sealed_values_refuse_update BEFORE UPDATE ON sealed_values WHEN NEW.ciphertext IS NOT NULL OR NEW.digest <> OLD.digest
    BEGIN SELECT raise(ABORT, 'history only grows: UPDATE on sealed_values is refused'); END;
CREATE TRIGGER sealed_values_refuse_delete BEFORE DELETE ON sealed_values 
    BEGIN SELECT raise(ABORT, 'history only grows: DELETE on sealed_values is refused'); END;
CREATE TRIGGER stored_events_refuse_replace BEFORE INSERT ON stored_events
    WHEN EXISTS (SELECT 1 FROM stored_events WHERE rowid = NEW.rowid OR (originator_id = NEW.originator_id
           AND originator_version = NEW.originator_version))
    BEGIN SELECT raise(ABORT, 'history only grows: replacing in stored_events is refused'); END;
CREATE TRIGGER event_proofs_refuse_replace BEFORE INSERT ON event_proofs
    WHEN EXISTS (SELECT 1 FROM event_proofs WHERE position = NEW.position)
    BEGIN SELECT raise(ABORT, 'history only grows: replacing in event_proofs is refused'); END;
CREATE TRIGGER sealed_values_refuse_replace BEFORE INSERT ON sealed_values
    WHEN EXISTS (SELECT 1 FROM sealed_values WHERE digest = NEW.digest AND ciphertext IS NOT NEW.ciphertext)
    BEGIN SELECT raise(ABORT, 'history only grows: replacing in sealed_values is refused'); END;
