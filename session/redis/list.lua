-- The records of an owner whose keys lie in a range.
--
-- KEYS: the owner's index.
-- ARGV: the time, what the owner's records begin with, the command that reads the index, where it begins and ends, how many records at most
-- with 0 for all.
-- Returns each key and, behind it, the value as it is kept.

local index = KEYS[1]
local now, records, command, from, to, limit = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])

-- As many as one command takes for arguments, at most.
local step = 1000
if limit > 0 and limit < step then
	step = limit
end

local found = {}
while true do
	local keys = redis.call(command, index, from, to, 'LIMIT', 0, step)
	if #keys == 0 then
		return found
	end
	local names = {}
	for n, key in ipairs(keys) do
		names[n] = records .. key
	end
	-- The entry of a record that has expired stays in the index for a while.
	for n, value in ipairs(redis.call('MGET', unpack(names))) do
		if value and tonumber(string.sub(value, 1, 13)) > now then
			found[#found + 1] = keys[n]
			found[#found + 1] = value
			if #found == 2 * limit then
				return found
			end
		end
	end
	from = '(' .. keys[#keys]
end
