-- A batch of changes: all of them, or none where a condition is not met.
--
-- KEYS: the owner's index, expiries and sizes, then the record of each change.
-- ARGV: the time, the limit in bytes, the channel, what the owner's records begin with, what the keys of leases begin with; then for each
-- change: key, operation, time when it expires, value as it is kept, condition, value that it must have.
-- Returns whether the batch was written.

local index, expiries, sizes = KEYS[1], KEYS[2], KEYS[3]
local now, limit, channel, records, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]

-- A record begins with the time when it expires, in 13 digits. The server has its own clock and may still have one whose time has come.
local function present(record)
	local expires = tonumber(redis.call('GETRANGE', record, 0, 12))
	return expires ~= nil and expires > now
end

local function met(record, condition, was)
	if condition == 'always' then
		return true
	elseif condition == 'absent' then
		return not present(record)
	end
	return present(record) and (condition == 'present' or redis.call('GETRANGE', record, 13, -1) == was)
end

-- A number as Redis reads it, without an exponent.
local function integer(n)
	return string.format('%.0f', n)
end

-- What all records of the owner take is kept beside the size of each, under a name that no key has.
local function resize(key, size)
	local before = tonumber(redis.call('HGET', sizes, key)) or 0
	if size == 0 then
		redis.call('HDEL', sizes, key)
	else
		redis.call('HSET', sizes, key, integer(size))
	end
	if size ~= before then
		redis.call('HINCRBY', sizes, '*', integer(size - before))
	end
end

local function remove(key)
	-- A cluster that is moving the owner may have moved this record already. It then expires by itself.
	redis.pcall('DEL', records .. key)
	redis.call('ZREM', index, key)
	redis.call('ZREM', expiries, key)
	resize(key, 0)
end

local function put(key, record, expires, value)
	redis.call('SET', record, value, 'PX', integer(expires - now))
	redis.call('ZADD', index, 0, key)
	redis.call('ZADD', expiries, integer(expires), key)
	resize(key, #key + #value - 13)
end

local function touch(key, record, expires)
	redis.call('SETRANGE', record, 0, integer(expires))
	redis.call('PEXPIRE', record, integer(expires - now))
	redis.call('ZADD', expiries, integer(expires), key)
end

-- Removes the records that expire first until the limit is met, but none that has just been written and no lease.
local function evict(written)
	local kept = 0
	while tonumber(redis.call('HGET', sizes, '*') or 0) > limit do
		local first = redis.call('ZRANGE', expiries, kept, kept, 'WITHSCORES')
		local key = first[1]
		if not key then
			return
		elseif written[key] or (string.sub(key, 1, #lease) == lease and tonumber(first[2]) > now) then
			kept = kept + 1
		else
			remove(key)
		end
	end
end

local function changes()
	local n = 0
	return function()
		n = n + 1
		if KEYS[n + 3] then
			return KEYS[n + 3], unpack(ARGV, 6 * n, 6 * n + 5)
		end
	end
end

for record, _, _, _, _, condition, was in changes() do
	if not met(record, condition, was) then
		return 0
	end
end

-- The server lets records expire, but their entries stay; they are cleared away little by little.
for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', integer(now), 'LIMIT', 0, 100)) do
	remove(key)
end

local written = {}
for record, key, operation, expires, value in changes() do
	expires = tonumber(expires)
	if operation == 'delete' or (operation == 'put' and expires <= now) then
		remove(key)
	elseif operation == 'put' then
		put(key, record, expires, value)
		written[key] = true
	elseif operation == 'touch' and present(record) then
		if expires <= now then
			remove(key)
		else
			touch(key, record, expires)
			written[key] = true
		end
	end
end

if limit > 0 then
	evict(written)
end

-- What is known of an owner goes a minute after the last record, for the clocks of gateways differ.
local last = redis.call('ZRANGE', expiries, -1, -1, 'WITHSCORES')
if last[1] then
	local rest = integer(tonumber(last[2]) - now + 60000)
	for n = 1, 3 do
		redis.call('PEXPIRE', KEYS[n], rest)
	end
else
	redis.call('DEL', sizes)
end

if channel ~= '' then
	redis.call('PUBLISH', channel, '')
end
return 1
