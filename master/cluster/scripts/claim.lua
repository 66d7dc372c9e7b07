-- Claims slots, one batch. The mark of a job, s, only moves forward.
--
-- ARGV: marker, sequence seen, incarnation, node, early ms, override ms, state
-- of a new claim (C: a start must follow; R: it is started), then for each: job,
-- slot ms, claim id, flags, start deadline ms, next due ms or "", attempt (x) or
-- INCARNATION ID of the lost run (z) or "".
--
-- Flags: x no mark (a run by hand, a repetition), z in place of a run that was
-- lost, l at-least-once, s/w no overlap (skip/wait), i an interval's slot, m
-- only to be recorded, t its host tells of it if it is forgotten.
--
-- For each, BEFORE being the last slot before that others see to (0 none) and
-- EDGE the time up to which nobody does: OK FENCE ATTEMPT HOW BEFORE EDGE, EARLY
-- MS, LATE, STALE MARK EDGE (and mine: it is not later than that, and this claim
-- was the first to ask that tells), TAKEN STATE OWNER ID EDGE, BUSY OWNER ID, GONE; SKIP
-- BEFORE EDGE, and LAPSED BEFORE EDGE: it was granted, but a later slot was
-- claimed before its host heard of that. These two are this host's to record.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
local early, override, state = num(ARGV[5]), num(ARGV[6]), ARGV[7]
if expiry(redis.call('HGET', P .. ':n', inc)) <= now then return {'LOST'} end

local function has(flags, flag)
	return string.find(flags, flag, 1, true)
end

local function busy(h, cid, flags)
	if not string.find(flags, '[sw]') then return nil end
	if is_held(h[8], h[9], cid) then return 'BUSY ' .. h[9] .. ' ' .. h[8] end
	if quarantine > 0 then return 'BUSY - -' end
end

local function unmarked(flags)
	return has(flags, 'x') or has(flags, 'z')
end

-- What is before the first sight of the job, e, or before the floor, passed
-- without a claim, and no later claim accounts for it.
local function edge(h)
	return int(math.max(floor, num(h[12])))
end

-- The last slot that somebody sees to. One that was given up, or will not be
-- started any more, is nobody's.
local function last(h)
	if h[3] == 'O' or h[3] == 'C' then return h[11] or '0' end
	return h[3] and int(num(h[1])) or '0'
end

-- What the host has to see to, under its name.
local function put_line(x, c, attempt, fence, before)
	redis.call('HSET', P .. ':r:' .. inc, c.cid, line_of(x, int(attempt),
		int(fence), c.slot, before, c.flags, c.job))
end

-- As it stands in a line, where both are one.
local function before_of(h, before)
	return int(math.max(num(before), num(edge(h))))
end

local function take(key, h, how, attempt, c)
	local fence = math.max(num(h[5]) + 1, fence_floor + 1, us)
	local set = {'f', int(fence)}
	local before = num(c.slot) > num(h[1]) and last(h) or h[11] or '0'
	local function put(k, v)
		set[#set + 1] = k
		set[#set + 1] = v
	end
	if unmarked(c.flags) then
		before = '0'
	else
		put('s', c.slot) put('c', c.cid) put('x', state) put('w', inc)
		put('a', int(attempt)) put('t', int(now)) put('b', before)
	end
	if has(c.flags, 's') or has(c.flags, 'w') then
		put('o', c.cid) put('p', inc)
	end
	if not h[1] and not unmarked(c.flags) then
		h[12] = int(floor > 0 and floor or num(c.slot) - 1)
		put('e', h[12])
	end
	if c.due ~= '' then put('n', c.due) end
	redis.call('HSET', key, unpack(set))
	put_line(state == 'R' and has(c.flags, 'm') and 'M' or state, c, attempt,
		fence, unmarked(c.flags) and '0' or before_of(h, before))
	changes = changes + 1
	return 'OK ' .. int(fence) .. ' ' .. int(attempt) .. ' ' .. how .. ' '
		.. before .. ' ' .. (unmarked(c.flags) and '0' or edge(h))
end

-- Asked before, and the answer was lost on its way.
local function again(key, h, c)
	local before = (h[11] or '0') .. ' ' .. edge(h)
	if h[3] == 'S' then
		put_line('S', c, 1, 0, before_of(h, h[11]))
		changes = changes + 1
		return 'SKIP ' .. before
	end
	if h[3] ~= 'C' and h[3] ~= 'R' then return 'GONE' end
	return 'OK ' .. h[5] .. ' ' .. h[6] .. ' same ' .. before
end

-- The same, and a later slot was claimed since. That claim took this slot for
-- one that is seen to, but where it was not started: then it sees to it.
local function lapsed(key, h, c)
	local line = redis.call('HGET', P .. ':r:' .. inc, c.cid)
	if not line then return nil end
	local x, attempt, fence, slot, before = parts_of(line)
	changes = changes + 1
	if x == 'C' then
		redis.call('HDEL', P .. ':r:' .. inc, c.cid)
		if h[8] == c.cid then redis.call('HDEL', key, 'o', 'p') end
		return nil
	end
	put_line(x == 'S' and 'S' or 'M', c, attempt, fence, before)
	return (x == 'S' and 'SKIP ' or 'LAPSED ') .. before .. ' ' .. edge(h)
end

-- Somebody is past it. Of a slot that nobody sees to the first to ask of those
-- that tell is to do so, and hears it each time it asks, under whatever try.
local function stale(h, c, mark)
	local answer = 'STALE ' .. mark .. ' ' .. edge(h)
	if num(c.slot) > num(edge(h)) or not has(c.flags, 't') then return answer end
	local key = P .. ':g:' .. c.job .. ' ' .. c.slot
	local id = string.match(c.cid, '^[^.]*')
	if redis.call('SETNX', key, id) == 1 then
		redis.call('EXPIRE', key, 3600)
		changes = changes + 1
	end
	return redis.call('GET', key) == id and answer .. ' mine' or answer
end

local function extra(key, h, c)
	local line = redis.call('HGET', P .. ':r:' .. inc, c.cid)
	if line then
		local _, attempt, fence = parts_of(line)
		return 'OK ' .. fence .. ' ' .. attempt .. ' same 0 0'
	end
	if has(c.flags, 'x') then
		return busy(h, c.cid, c.flags)
			or take(key, h, 'extra', num(c.from), c)
	end
	-- Runs that were lost stand under their dead host until they are buried.
	local dead, id = string.match(c.from, '^(%S+) (%S+)$')
	line = redis.call('HGET', P .. ':r:' .. dead, id)
	if not line then return 'TAKEN D - -' end
	local by = redis.call('HGET', P .. ':d:' .. dead, 'z:' .. id)
	if by and by ~= inc and redis.call('HEXISTS', P .. ':n', by) == 1 then
		return 'TAKEN R ' .. by .. ' -'
	end
	local other = busy(h, c.cid, c.flags)
	if other then return other end
	redis.call('HSET', P .. ':d:' .. dead, 'z:' .. id, inc)
	redis.call('HSET', key, 'z', id)
	local _, attempt = parts_of(line)
	return take(key, h, 'rerun', num(attempt) + 1, c)
end

-- The slot of the mark: who had it may have given it up, or never started.
local function retake(key, h, slot, c)
	local x = h[3]
	if x == 'O' or (x == 'C' and now - num(h[7]) > override) then
		return busy(h, c.cid, c.flags) or take(key, h, 'over', 1, c)
	end
	return 'TAKEN ' .. (x or 'D') .. ' ' .. (h[4] or '-') .. ' ' .. (h[2] or '-')
		.. ' ' .. edge(h)
end

local function claim(c)
	local key = P .. ':j:' .. c.job
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'w', 'f', 'a', 't', 'o', 'p', 'n', 'b', 'e')
	local slot, mark = num(c.slot), num(h[1])
	if unmarked(c.flags) then return extra(key, h, c) end
	if slot == mark and h[2] == c.cid then return again(key, h, c) end --@claim-id
	local late = slot < mark and lapsed(key, h, c)
	if late then return late end
	if slot - now > early then return 'EARLY ' .. int(slot - now) end
	if now - slot > num(c.deadline) then return 'LATE' end
	if slot < mark then return stale(h, c, int(mark)) end
	if slot <= num(edge(h)) then return stale(h, c, edge(h)) end
	if has(c.flags, 'i') and slot < num(h[10]) then
		return 'STALE ' .. h[10] .. ' ' .. edge(h)
	end
	if slot == mark and h[3] then return retake(key, h, slot, c) end
	local other = busy(h, c.cid, c.flags)
	if other and h[3] == 'C' and h[2] == h[8] then
		-- Who is before us may not come to start: it is not skipped yet.
		return 'TAKEN C ' .. h[9] .. ' ' .. h[8] .. ' ' .. edge(h)
	end
	if other and has(c.flags, 's') and quarantine == 0 then
		local before = last(h)
		redis.call('HSET', key, 's', c.slot, 'c', c.cid, 'x', 'S', 'w', inc, 'a', '1',
			'b', before)
		put_line('S', c, 1, 0, before_of(h, before))
		changes = changes + 1
		return 'SKIP ' .. before .. ' ' .. edge(h)
	end
	return other or take(key, h, 'new', 1, c)
end

local answer = {''}
for i = 8, #ARGV, 7 do
	answer[#answer + 1] = claim({job = ARGV[i], slot = ARGV[i + 1], cid = ARGV[i + 2],
		flags = ARGV[i + 3], deadline = ARGV[i + 4], due = ARGV[i + 5],
		from = ARGV[i + 6]})
end
return done(answer)
