-- Says what a host truly runs, and what it is about to record: it has nothing
-- else. Or only adds a claim that a majority granted to a server that had not.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection
-- (one that was sent over an earlier is not true any more), all or some, then
-- for each: claim id, job, slot ms, attempt, fence, before, flags, state (R: it
-- runs; S, M: the slot is to be recorded; C: asked for, keep what there is).
--
-- OK SEQUENCE MICROSECONDS, then each claim id that another has by now; and of
-- what stands here but was not named, which is for the host to finish or to
-- reopen: "lost STATE ID SLOT JOB" for each run, and "owed STATE ID SLOT BEFORE
-- JOB" for each slot.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
if strays(inc, ARGV[5]) then return {'LOST'} end
local runs = P .. ':r:' .. inc
local keep, answer = {}, {''}

local function overlaps(flags)
	return not string.find(flags, '[sw]')
end

-- What runs is true whatever is written here, unless a later claim of the
-- slot is.
local function merge(cid, job, slot, attempt, fence, flags)
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 's', 'c', 'a', 'f', 'o', 'z', 'p', 'x', 'b')
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
	if mark < num(slot) then
		local open = h[8] == 'O' or h[8] == 'C'
		redis.call('HSET', key, 'b', open and h[9] or h[8] and h[1] or '0')
	end
	redis.call('HSET', key, 's', slot, 'c', cid, 'x', 'R', 'w', inc, 'a', attempt,
		't', int(now))
	return true
end

for i = 7, #ARGV, 8 do
	local cid, job, slot, attempt, fence, before, flags, state
		= unpack(ARGV, i, i + 7)
	keep[cid] = true
	if state == 'S' or state == 'M' or state == 'R'
		and merge(cid, job, slot, attempt, fence, flags) then
		redis.call('HSET', runs, cid,
			line_of(state, attempt, fence, slot, before, flags, job))
	elseif state == 'R' then
		redis.call('HDEL', runs, cid)
		answer[#answer + 1] = cid
	end
end
local here = ARGV[6] == 'all' and redis.call('HGETALL', runs) or {}
for i = 1, #here, 2 do
	if not keep[here[i]] then
		local state, _, _, slot, before, _, job = parts_of(here[i + 1])
		if state == 'S' or state == 'M' then
			answer[#answer + 1] = 'owed ' .. state .. ' ' .. here[i] .. ' ' .. slot
				.. ' ' .. before .. ' ' .. job
		else
			answer[#answer + 1] = 'lost ' .. state .. ' ' .. here[i] .. ' ' .. slot
				.. ' ' .. job
		end
	end
end
changes = 1
return done(answer)
