-- Begins a session: the first words to a server on every new connection.
--
-- ARGV: marker known or "", sequence seen, incarnation, node, session ttl ms,
-- the server's run id, settle ms ("": one of several servers), a random word,
-- the node's words, number of the last beat, number of this connection, run id
-- under which the sequence was seen, then the incarnations before this one,
-- which are known to be dead.
--
-- A marker begins with the time it was made, so that an older one shows.
--
-- OK SEQUENCE MICROSECONDS MARKER SETTLING (ms), and the claim ids taken
-- over; BLANK EPISODE MICROSECONDS: nothing is known here; ROLLBACK; SETTLING
-- MS; DUP INCARNATION: another daemon of this name is alive.
local marker = data[1]
if not marker then
	redis.call('HSETNX', P .. ':i', 'b', ARGV[8])
	return {'BLANK ' .. redis.call('HGET', P .. ':i', 'b') .. ' ' .. int(us)}
end
-- The server was restarted, and may have lost its last changes. Among several
-- it begins as if it had forgotten all; alone, who has seen more of it than it
-- had kept must be heard before it votes. For each process that is over z has
-- " RUN_ID SEQUENCE", what was kept of it; the oldest ones go.
local before = redis.call('HMGET', P .. ':i', 'r', 'z')
local process, ends = before[1], before[2] or ''
if process ~= ARGV[6] then
	if process then ends = ends .. ' ' .. process .. ' ' .. int(sequence()) end
	while #ends > 4000 do ends = string.match(ends, '^ %S+ %d+(.*)$') end
	redis.call('HSET', P .. ':i', 'r', ARGV[6], 'z', ends)
	if ARGV[7] == '' and process then
		redis.call('HDEL', P .. ':i', 'm', 'b')
		return {'ROLLBACK'}
	end
	settling = num(ARGV[7])
	redis.call('HSET', P .. ':i', 'u', int(now + settling), 'v', int(settling))
end

-- What was seen of a process is held against what was kept of it, and not
-- against what others have done since. One that is not known was lost.
local function kept(id)
	local _, at = string.find(ends, ' ' .. id .. ' ', 1, true)
	return at and num(string.match(ends, '^%d+', at + 1)) or 0
end

local function born(m)
	return num(string.match(m, '^%d+'))
end
local most = ARGV[12] == ARGV[6] and sequence() or kept(ARGV[12])
if (marker == ARGV[1] and num(ARGV[2]) > most) or born(marker) < born(ARGV[1]) then
	redis.call('HDEL', P .. ':i', 'm', 'b')
	return {'ROLLBACK'}
end

local inc = ARGV[4]
inc = ARGV[3] --@incarnation
local former = {}
for i = 13, #ARGV do
	former[ARGV[i]] = true
end
-- On its way for so long that there is a newer connection.
local mine = redis.call('HGET', P .. ':n', inc)
if mine and num(string.match(mine, '^%d+ %d+ (%d+)')) > num(ARGV[11]) then
	return {'LOST'}
end
local sessions = redis.call('HGETALL', P .. ':n')
for i = 1, #sessions, 2 do
	local node = string.match(sessions[i + 1], '^%d+ %d+ %d+ (%S+)')
	if node == ARGV[4] and sessions[i] ~= inc and not former[sessions[i]]
		and expiry(sessions[i + 1]) > now then
		return {'DUP ' .. sessions[i]}
	end
end

local answer = {''}
for dead in pairs(former) do
	local runs = redis.call('HGETALL', P .. ':r:' .. dead)
	for i = 1, #runs, 2 do
		local job = select(7, parts_of(runs[i + 1]))
		local key = P .. ':j:' .. job
		local h = redis.call('HMGET', key, 'c', 'w', 'o', 'p')
		if h[1] == runs[i] and h[2] == dead then
			redis.call('HSET', key, 'w', inc)
		end
		if h[3] == runs[i] and h[4] == dead then
			redis.call('HSET', key, 'p', inc)
		end
		redis.call('HSET', P .. ':r:' .. inc, runs[i], runs[i + 1])
		answer[#answer + 1] = runs[i]
	end
	redis.call('DEL', P .. ':r:' .. dead)
	redis.call('HDEL', P .. ':n', dead)
end
if next(former) then
	for _, name in ipairs(redis.call('SMEMBERS', P .. ':s')) do
		local key = P .. ':s:' .. name
		local held = redis.call('HGETALL', key)
		for i = 1, #held, 2 do
			local count, who = string.match(held[i + 1], '^(%d+) (.*)$')
			if former[who] then
				redis.call('HSET', key, held[i], count .. ' ' .. inc)
			end
		end
	end
end
redis.call('HSET', P .. ':n', inc,
	int(now + num(ARGV[5])) .. ' ' .. ARGV[10] .. ' ' .. ARGV[11] .. ' '
	.. ARGV[4] .. ' ' .. ARGV[9])
changes = 1
done(answer)
answer[1] = answer[1] .. ' ' .. marker
	.. ' ' .. int(settling)
return answer
