"""The schema `tetra_es`: tables that nobody but their owner can write, and functions.

`append` compares the head and the chain under one lock, which is held until the commit: so
positions have no gaps, and a reader that sees an event sees all before it. `purge` destroys bodies
that a purge event names. Both act with their owner's rights. `move_aside` and `put_back` are the
owner's alone, to put right what somebody wrote with the owner's rights.
"""

from __future__ import annotations

from typing import Final

from tetra_es.limits import BODY_SIZE, NAME_SIZE, SIGNATURE_SIZE, STATE_SIZE
from tetra_es.log.purges import TOPICS

VERSION: Final = 1
"""Of the schema."""

LOCK: Final = 0x7465747261
"""The advisory lock of those who append."""

KEPT: Final = "tetra_es.found_events"
"""The table of the rows that were set aside."""

_PURGES: Final = ", ".join(f"'{topic}'" for topic in TOPICS)

CREATE: Final = f"""
CREATE SCHEMA tetra_es;
REVOKE ALL ON SCHEMA tetra_es FROM PUBLIC;

CREATE TABLE tetra_es.events (
  position bigint PRIMARY KEY CHECK (position > 0),
  stream text COLLATE "C" NOT NULL CHECK (length(stream) BETWEEN 1 AND {NAME_SIZE}),
  version bigint NOT NULL CHECK (version > 0),
  topic text COLLATE "C" NOT NULL CHECK (length(topic) BETWEEN 1 AND {NAME_SIZE}),
  state bytea NOT NULL CHECK (length(state) BETWEEN 1 AND {STATE_SIZE}),
  previous bytea NOT NULL CHECK (length(previous) = 32),
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  signature bytea NOT NULL CHECK (length(signature) <= {SIGNATURE_SIZE}),
  UNIQUE (stream, version)
);
CREATE TABLE tetra_es.bodies (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  content bytea CHECK (length(content) <= {BODY_SIZE})
);
REVOKE ALL ON tetra_es.events, tetra_es.bodies FROM PUBLIC;

CREATE FUNCTION tetra_es.version() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT {VERSION}';

-- Returns no row where it was appended, else the head that is another one.
CREATE FUNCTION tetra_es.append(
  after bigint, after_hash bytea,
  streams text[], versions bigint[], topics text[], states bytea[],
  hashes bytea[], signatures bytea[], contents bytea[]
) RETURNS TABLE (head bigint, head_hash bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last bigint;
  last_hash bytea;
  count int := cardinality(streams);
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  SELECT e.position, e.hash INTO last, last_hash
    FROM tetra_es.events e ORDER BY e.position DESC LIMIT 1;
  last := coalesce(last, 0);
  last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
  IF last <> after OR last_hash <> after_hash THEN
    RETURN QUERY SELECT last, last_hash;
    RETURN;
  END IF;
  IF count IS NULL OR count = 0 OR count > 100000 OR count <> ALL (ARRAY[cardinality(versions),
    cardinality(topics), cardinality(states), cardinality(hashes), cardinality(signatures)]) THEN
    RAISE EXCEPTION 'not a batch of events' USING ERRCODE = 'data_exception';
  END IF;
  IF length(signatures[count]) = 0 THEN
    RAISE EXCEPTION 'the last event is not signed' USING ERRCODE = 'data_exception';
  END IF;
  INSERT INTO tetra_es.events
    SELECT after + n, streams[n], versions[n], topics[n], states[n],
      CASE WHEN n = 1 THEN after_hash ELSE hashes[n - 1] END, hashes[n], signatures[n]
    FROM generate_series(1, count) AS n;
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT unnest(streams) AS stream) AS new
    JOIN LATERAL (
      SELECT count(*) AS all_of_them, max(e.version) AS newest
      FROM tetra_es.events e WHERE e.stream = new.stream
    ) AS found ON all_of_them <> newest
  ) THEN
    RAISE EXCEPTION 'an event is not the next of its stream' USING ERRCODE = 'data_exception';
  END IF;
  IF EXISTS (
    SELECT FROM unnest(contents) AS offered
    JOIN tetra_es.bodies b ON b.digest = sha256(offered) WHERE b.content IS NULL
  ) THEN
    RAISE EXCEPTION 'a body was purged' USING ERRCODE = 'data_exception';
  END IF;
  INSERT INTO tetra_es.bodies
    SELECT DISTINCT ON (sha256(content)) sha256(content), content FROM unnest(contents) AS content
    ON CONFLICT (digest) DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION tetra_es.append FROM PUBLIC;

CREATE FUNCTION tetra_es.purge(digests bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unnamed bytea;
BEGIN
  SELECT d INTO unnamed FROM unnest(digests) AS d WHERE NOT EXISTS (
    SELECT FROM tetra_es.events e WHERE e.topic IN ({_PURGES})
      AND convert_from(e.state, 'UTF8')::jsonb -> 'digests' ? encode(d, 'hex')
  ) LIMIT 1;
  IF unnamed IS NOT NULL THEN
    RAISE EXCEPTION 'no purge event names the body %', encode(unnamed, 'hex')
      USING ERRCODE = 'data_exception';
  END IF;
  INSERT INTO tetra_es.bodies SELECT DISTINCT d, NULL::bytea FROM unnest(digests) AS d
    ON CONFLICT (digest) DO UPDATE SET content = NULL;
  DELETE FROM tetra_es.found_bodies WHERE sha256(content) = ANY (digests);
END $$;
REVOKE ALL ON FUNCTION tetra_es.purge FROM PUBLIC;

-- Rows that were never events, and bodies that were changed, with the time when they were found.
CREATE TABLE {KEPT} (
  found timestamptz NOT NULL DEFAULT now(), LIKE tetra_es.events
);
CREATE TABLE tetra_es.found_bodies (
  found timestamptz NOT NULL DEFAULT now(), LIKE tetra_es.bodies
);
REVOKE ALL ON tetra_es.found_events, tetra_es.found_bodies FROM PUBLIC;

-- Waits for those who append; returns whether the newest event is still this one.
CREATE FUNCTION tetra_es.ends_at(head bigint, head_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({LOCK});
  RETURN head = coalesce((SELECT max(e.position) FROM tetra_es.events e), 0) AND
    (head = 0 OR EXISTS (
      SELECT FROM tetra_es.events e WHERE e.position = head AND e.hash = head_hash
    ));
END $$;
REVOKE ALL ON FUNCTION tetra_es.ends_at FROM PUBLIC;

-- Moves the rows after a position; returns how many, and null where the head is another one.
CREATE FUNCTION tetra_es.move_aside(after bigint, head bigint, head_hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  IF NOT tetra_es.ends_at(head, head_hash) THEN
    RETURN NULL;
  END IF;
  INSERT INTO tetra_es.found_events SELECT now(), e.* FROM tetra_es.events e
    WHERE e.position > after;
  DELETE FROM tetra_es.events e WHERE e.position > after;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
REVOKE ALL ON FUNCTION tetra_es.move_aside FROM PUBLIC;

-- Has bodies there again, and keeps what is in their places. Returns null as move_aside does.
CREATE FUNCTION tetra_es.put_back(contents bytea[], head bigint, head_hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT tetra_es.ends_at(head, head_hash) THEN
    RETURN NULL;
  END IF;
  INSERT INTO tetra_es.found_bodies SELECT now(), b.* FROM tetra_es.bodies b
    WHERE b.digest IN (SELECT sha256(content) FROM unnest(contents) AS content)
      AND sha256(b.content) <> b.digest;
  INSERT INTO tetra_es.bodies
    SELECT DISTINCT ON (sha256(content)) sha256(content), content FROM unnest(contents) AS content
    ON CONFLICT (digest) DO UPDATE SET content = excluded.content;
  RETURN cardinality(contents);
END $$;
REVOKE ALL ON FUNCTION tetra_es.put_back FROM PUBLIC;
"""

GRANT: Final = (
    "GRANT USAGE ON SCHEMA tetra_es TO {}",
    "GRANT SELECT ON tetra_es.events, tetra_es.bodies TO {}",
    "GRANT EXECUTE ON FUNCTION tetra_es.append TO {}",
)
GRANT_PURGE: Final = "GRANT EXECUTE ON FUNCTION tetra_es.purge TO {}"
