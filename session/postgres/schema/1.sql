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

-- Makes the changes of a batch, in which no key occurs twice, unless a condition is not met. It returns whether it did.
-- The conditions are those of session.Condition by their numbers.
CREATE FUNCTION {write}(
	of_owner      text,
	moment        timestamptz,
	if_keys       text[],
	conditions    smallint[],
	was           bytea[],
	put_keys      text[],
	put_values    bytea[],
	put_expires   timestamptz[],
	touch_keys    text[],
	touch_expires timestamptz[],
	delete_keys   text[],
	most          bigint,
	lease         text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	change bigint := 0;
	total  bigint;
	spared text[] := put_keys || touch_keys;
	victim record;
BEGIN
	-- One at a time per owner. What waits here sees what the others did: each statement below looks anew.
	PERFORM pg_advisory_xact_lock(hashtextextended('{table}/' || of_owner, 0));

	IF cardinality(if_keys) > 0 AND EXISTS (
		SELECT FROM unnest(if_keys, conditions, was) AS c (key, condition, was)
		LEFT JOIN {records} r ON r.owner = of_owner AND r.key = c.key AND r.expires > moment
		WHERE CASE c.condition
			WHEN 1 THEN r.key IS NOT NULL
			WHEN 2 THEN r.key IS NULL
			ELSE r.key IS NULL OR r.value <> c.was
		END
	) THEN
		RETURN false;
	END IF;

	IF cardinality(touch_keys) > 0 THEN
		UPDATE {records} r SET expires = t.expires
		FROM unnest(touch_keys, touch_expires) AS t (key, expires)
		WHERE r.owner = of_owner AND r.key = t.key AND r.expires > moment;
	END IF;
	IF cardinality(delete_keys) > 0 THEN
		WITH gone AS (
			DELETE FROM {records} r WHERE r.owner = of_owner AND r.key = ANY (delete_keys)
			RETURNING octet_length(r.key) + octet_length(r.value) AS size
		)
		SELECT coalesce(-sum(size), 0) INTO change FROM gone;
	END IF;
	IF cardinality(put_keys) > 0 THEN
		SELECT change - coalesce(sum(octet_length(r.key) + octet_length(r.value)), 0) INTO change
		FROM {records} r WHERE r.owner = of_owner AND r.key = ANY (put_keys);
		INSERT INTO {records} (owner, key, value, expires)
		SELECT of_owner, p.* FROM unnest(put_keys, put_values, put_expires) AS p
		ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value, expires = excluded.expires;
		SELECT change + sum(octet_length(p.key) + octet_length(p.value)) INTO change
		FROM unnest(put_keys, put_values) AS p (key, value);
	END IF;

	IF change = 0 THEN
		SELECT o.size INTO total FROM {owners} o WHERE o.owner = of_owner;
	ELSE
		INSERT INTO {owners} AS o (owner, size) VALUES (of_owner, change)
		ON CONFLICT (owner) DO UPDATE SET size = o.size + excluded.size
		RETURNING o.size INTO total;
	END IF;

	-- Beyond the limit. A batch that finds more than it can remove in time leaves the rest to the next one.
	IF most > 0 AND total > most THEN
		change := 0;
		FOR victim IN
			SELECT r.key, octet_length(r.key) + octet_length(r.value) AS size FROM {records} r
			WHERE r.owner = of_owner AND NOT r.key = ANY (spared) AND NOT (starts_with(r.key, lease) AND r.expires > moment)
			ORDER BY r.expires, r.key LIMIT 10000
		LOOP
			EXIT WHEN total + change <= most;
			DELETE FROM {records} r WHERE r.owner = of_owner AND r.key = victim.key;
			change := change - victim.size;
		END LOOP;
		UPDATE {owners} o SET size = o.size + change WHERE o.owner = of_owner;
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
	heap    record;
	number  bigint;
	bytes   bigint;
	cleared bigint := 0;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtextextended('{table}', 1)) THEN
		RETURN 0;
	END IF;
	FOR heap IN
		SELECT oldest.owner, array_agg(oldest.key) AS keys
		FROM (SELECT r.owner, r.key FROM {records} r WHERE r.expires <= moment ORDER BY r.expires LIMIT most) oldest
		GROUP BY oldest.owner
	LOOP
		CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended('{table}/' || heap.owner, 0));
		WITH gone AS (
			DELETE FROM {records} r WHERE r.owner = heap.owner AND r.key = ANY (heap.keys) AND r.expires <= moment
			RETURNING octet_length(r.key) + octet_length(r.value) AS size
		)
		SELECT count(*), coalesce(sum(size), 0) INTO number, bytes FROM gone;
		UPDATE {owners} o SET size = o.size - bytes WHERE o.owner = heap.owner;
		DELETE FROM {owners} o
		WHERE o.owner = heap.owner AND NOT EXISTS (SELECT FROM {records} r WHERE r.owner = heap.owner);
		cleared := cleared + number;
	END LOOP;
	RETURN cleared;
END $$;
