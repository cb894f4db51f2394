-- Records of all owners. Keys have the order of their bytes.
CREATE TABLE {records} (
	owner   text COLLATE "C" NOT NULL,
	key     text COLLATE "C" NOT NULL,
	value   bytea NOT NULL,
	expires timestamptz NOT NULL,
	PRIMARY KEY (owner, key)
);

-- Values are encrypted: trying to compress them is in vain.
ALTER TABLE {records} ALTER COLUMN value SET STORAGE EXTERNAL;

CREATE INDEX ON {records} (owner, expires, key);
CREATE INDEX ON {records} (expires);

-- How many bytes an owner has, keys and values together, also of records that have expired and are still there.
CREATE TABLE {owners} (
	owner text COLLATE "C" PRIMARY KEY,
	size  bigint NOT NULL
) WITH (fillfactor = 50);

-- Statements here look up single keys, and write comparisons of times that are no more than filters as (...) IS TRUE, which no index serves:
-- plans are made while the table is empty, and are not to read all that an owner has when it is full.

-- Makes the changes of a batch unless a condition is not met. It returns whether it did. Operations and conditions are those of the Go package
-- session, by their numbers.
CREATE FUNCTION {write}(
	of_owner    text,
	moment      timestamptz,
	keys        text[],
	operations  smallint[],
	new_values  bytea[],
	new_expires timestamptz[],
	conditions  smallint[],
	old_values  bytea[],
	most        bigint,
	lease       text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	c       record;
	there   boolean;
	same    boolean;
	before  bigint;
	growth  bigint := 0;
	total   bigint;
	spared  text[];
	victim  record;
	evicted bigint := 0;
BEGIN
	-- One at a time per owner. What waits here sees what the others did: each statement below looks anew.
	PERFORM pg_advisory_xact_lock(hashtextextended('{table}/' || of_owner, 0));

	FOR c IN SELECT * FROM unnest(keys, conditions, old_values) AS u (key, condition, old) WHERE u.condition <> 0 LOOP
		SELECT r.expires > moment, CASE WHEN c.condition = 3 THEN r.value = c.old ELSE true END INTO there, same
		FROM {records} r WHERE r.owner = of_owner AND r.key = c.key;
		there := FOUND AND there;
		IF there AND c.condition = 1 OR NOT there AND c.condition <> 1 OR NOT same THEN
			RETURN false;
		END IF;
	END LOOP;

	FOR c IN SELECT * FROM unnest(keys, operations, new_values, new_expires) AS u (key, operation, value, expires) LOOP
		CASE c.operation
		WHEN 0 THEN
			SELECT octet_length(r.key) + octet_length(r.value) INTO before FROM {records} r WHERE r.owner = of_owner AND r.key = c.key;
			INSERT INTO {records} (owner, key, value, expires) VALUES (of_owner, c.key, c.value, c.expires)
			ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value, expires = excluded.expires;
			growth := growth + octet_length(c.key) + octet_length(c.value) - coalesce(before, 0);
		WHEN 1 THEN
			UPDATE {records} r SET expires = c.expires WHERE r.owner = of_owner AND r.key = c.key AND (r.expires > moment) IS TRUE;
		WHEN 2 THEN
			DELETE FROM {records} r WHERE r.owner = of_owner AND r.key = c.key
			RETURNING octet_length(r.key) + octet_length(r.value) INTO before;
			growth := growth - coalesce(before, 0);
		ELSE -- only a condition
		END CASE;
	END LOOP;

	IF growth = 0 THEN
		SELECT o.size INTO total FROM {owners} o WHERE o.owner = of_owner;
	ELSE
		INSERT INTO {owners} AS o (owner, size) VALUES (of_owner, growth)
		ON CONFLICT (owner) DO UPDATE SET size = o.size + excluded.size
		RETURNING o.size INTO total;
	END IF;

	-- Beyond the limit. A batch that finds more than can be removed in time leaves the rest to the next one.
	IF most > 0 AND total > most THEN
		spared := ARRAY(SELECT u.key FROM unnest(keys, operations) AS u (key, operation) WHERE u.operation IN (0, 1));
		SELECT timestamptz '-infinity' AS expires, '' AS key, 0 AS size INTO victim;
		FOR _ IN 1 .. 10000 LOOP
			EXIT WHEN total - evicted <= most;
			SELECT r.expires, r.key, octet_length(r.key) + octet_length(r.value) AS size INTO victim FROM {records} r
			WHERE r.owner = of_owner AND (r.expires, r.key) > (victim.expires, victim.key)
				AND r.key <> ALL (spared) AND NOT (starts_with(r.key, lease) AND (r.expires > moment) IS TRUE)
			ORDER BY r.expires, r.key LIMIT 1;
			EXIT WHEN NOT FOUND;
			DELETE FROM {records} r WHERE r.owner = of_owner AND r.key = victim.key;
			evicted := evicted + victim.size;
		END LOOP;
		UPDATE {owners} o SET size = o.size - evicted WHERE o.owner = of_owner;
	END IF;
	IF total = 0 THEN
		DELETE FROM {owners} o WHERE o.owner = of_owner;
	END IF;
	RETURN true;
END $$;

-- Removes up to so many records that have expired, and returns how many. It does nothing where another one is at it, and passes over owners
-- who are being written for.
CREATE FUNCTION {clear}(moment timestamptz, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	victim  record;
	bytes   bigint;
	cleared integer := 0;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtextextended('{table}', 1)) THEN
		RETURN 0;
	END IF;
	FOR victim IN SELECT r.owner, r.key FROM {records} r WHERE r.expires <= moment ORDER BY r.expires LIMIT most LOOP
		CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended('{table}/' || victim.owner, 0));
		DELETE FROM {records} r WHERE r.owner = victim.owner AND r.key = victim.key AND (r.expires <= moment) IS TRUE
		RETURNING octet_length(r.key) + octet_length(r.value) INTO bytes;
		CONTINUE WHEN NOT FOUND; -- it has been touched, or is gone
		UPDATE {owners} o SET size = o.size - bytes WHERE o.owner = victim.owner;
		DELETE FROM {owners} o WHERE o.owner = victim.owner AND o.size <= 0;
		cleared := cleared + 1;
	END LOOP;
	RETURN cleared;
END $$;
