-- Says what a host truly runs: what else stands here under its incarnation
-- was never started, or ended unheard. Or only adds a claim that a majority
-- granted to a server that had not.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection
-- (one that was sent over an earlier is not true any more), all or some, then
-- for each:
-- claim id, job, slot ms, attempt, fence, flags, state (R: it runs; C: asked
-- for, keep what there is).
--
-- OK SEQUENCE MICROSECONDS, then each claim id that another has by now, and
-- "lost ID SLOT JOB" for each that was dropped.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
local session = redis.call('HGET', P .. ':n', inc)
if not session or string.match(session, '^%d+ %d+ (%d+)') ~= ARGV[5] then
	return {'LOST'}
end
local runs = P .. ':r:' .. inc
local keep, answer = {}, {''}

local function overlaps(flags)
	return not string.find(flags, '[sw]')
end

-- What runs is true whatever is written here, unless a later claim of the
-- slot is.
local function merge(cid, job, slot, attempt, fence, flags)
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 's', 'c', 'a', 'f', 'o', 'z', 'p')
	local mark = num(h[1])
	if h[6] == cid then return false end
	if num(fence) > num(h[4]) then redis.call('HSET', key, 'f', fence) end
	if not overlaps(flags) then
		local other = is_held(h[5], h[7], cid)
		-- What runs goes before what was only claimed.
		if other and string.sub(other, 1, 1) == 'R' then return false end
		redis.call('HSET', key, 'o', cid, 'p', inc)
	end
	if string.find(flags, '[xz]') or mark > num(slot) then return true end
	if mark < num(slot) then redis.call('HSET', key, 'b', int(mark)) end
	redis.call('HSET', key, 's', slot, 'c', cid, 'x', 'R', 'w', inc, 'a', attempt,
		't', int(now))
	return true
end

for i = 7, #ARGV, 7 do
	local cid = ARGV[i]
	keep[cid] = true
	if ARGV[i + 6] == 'R' then
		if merge(cid, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]) then
			redis.call('HSET', runs, cid, 'R ' .. ARGV[i + 3] .. ' ' .. ARGV[i + 4]
				.. ' ' .. ARGV[i + 2] .. ' ' .. ARGV[i + 5] .. ' ' .. ARGV[i + 1])
		else
			redis.call('HDEL', runs, cid)
			answer[#answer + 1] = cid
		end
	end
end
local here = ARGV[6] == 'all' and redis.call('HGETALL', runs) or {}
for i = 1, #here, 2 do
	if not keep[here[i]] then
		local slot, job = string.match(here[i + 1], '^%a %d+ %d+ (%d+) %S* (.*)$')
		local key = P .. ':j:' .. job
		local h = redis.call('HMGET', key, 'c', 'x', 'o')
		redis.call('HDEL', runs, here[i])
		if h[3] == here[i] then redis.call('HDEL', key, 'o', 'p') end
		if h[1] == here[i] and (h[2] == 'R' or h[2] == 'C') then
			-- It may have run, unless its host knows better.
			redis.call('HSET', key, 'x', h[2] == 'C' and 'O' or 'P')
			answer[#answer + 1] = 'lost ' .. here[i] .. ' ' .. slot .. ' ' .. job
		end
	end
end
changes = 1
return done(answer)
