-- Takes a dead host's runs for lost. The caller has seen the same beat for the
-- session's TTL and the lock delay on its own clock; here Redis must agree.
--
-- ARGV: marker, sequence seen, incarnation, node, dead incarnation, beat seen,
-- session ttl ms, lock delay ms, override ms.
--
-- OK SEQUENCE MICROSECONDS, then for each run, and each slot to be recorded: ID
-- STATE ATTEMPT FENCE SLOT BEFORE FLAGS JOB; or ALIVE; GONE; TAKEN INCARNATION:
-- another is about it.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc, dead = ARGV[3], ARGV[5]
local session = redis.call('HGET', P .. ':n', dead)
if not session then return {'GONE'} end
local at, beat = string.match(session, '^(%d+) (%d+)')
-- Later than it can be: the clock was set back, and says nothing.
local left = num(at) - now
if num(beat) > num(ARGV[6])
	or (left + num(ARGV[8]) > 0 and left <= num(ARGV[7])) then
	return {'ALIVE'}
end
local reaper = redis.call('HMGET', P .. ':d:' .. dead, 'w', 't')
if reaper[1] and reaper[1] ~= inc and now - num(reaper[2]) < num(ARGV[9]) then
	return {'TAKEN ' .. reaper[1]}
end
redis.call('HSET', P .. ':d:' .. dead, 'w', inc, 't', int(now))
redis.call('EXPIRE', P .. ':d:' .. dead, 3600)

local answer = {''}
local runs = redis.call('HGETALL', P .. ':r:' .. dead)
for i = 1, #runs, 2 do
	local cid = runs[i]
	local job = select(7, parts_of(runs[i + 1]))
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 'c', 'x', 'o')
	if h[3] == cid then redis.call('HDEL', key, 'o', 'p') end
	if h[1] == cid and (h[2] == 'R' or h[2] == 'C') then
		redis.call('HSET', key, 'x', h[2] == 'C' and 'O' or 'L')
	end
	answer[#answer + 1] = cid .. ' ' .. runs[i + 1]
end
changes = 1
return done(answer)
