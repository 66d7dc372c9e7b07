-- Claims slots, one batch. The mark of a job, s, only moves forward.
--
-- ARGV: marker, sequence seen, incarnation, node, early ms, override ms, state
-- of a new claim (C: a start must follow; R: it is started), then for each: job, slot ms, claim id, flags, start deadline ms, next due ms
-- or "", attempt (x) or INCARNATION ID of the lost run (z) or "".
--
-- Flags: x no mark (a run by hand, a repetition), z in place of a run that was
-- lost, l at-least-once, s/w no overlap (skip/wait), i an interval's slot.
--
-- For each: OK FENCE ATTEMPT HOW BEFORE (the mark as it was, or
-- the floor; 0 none), EARLY MS,
-- LATE, STALE MARK (floor: nobody had it, or that is forgotten), TAKEN STATE
-- OWNER ID, BUSY OWNER ID, SKIP BEFORE, GONE.
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

local function run_line(x, job, slot, attempt, fence, flags)
	return x .. ' ' .. int(attempt) .. ' ' .. int(fence) .. ' ' .. slot .. ' ' .. flags .. ' ' .. job
end

local function unmarked(flags)
	return has(flags, 'x') or has(flags, 'z')
end

-- The last slot that is accounted for: those up to the floor are told by who
-- hears of it.
local function last(h)
	return int(math.max(num(h[1]), floor))
end

local function take(key, h, how, attempt, c)
	local fence = math.max(num(h[5]) + 1, fence_floor + 1, us)
	local set = {'f', int(fence)}
	local function put(k, v)
		set[#set + 1] = k
		set[#set + 1] = v
	end
	if not unmarked(c.flags) then
		put('s', c.slot) put('c', c.cid) put('x', state) put('w', inc)
		put('a', int(attempt)) put('t', int(now))
		put('b', num(c.slot) > num(h[1]) and last(h) or h[11] or '0')
	end
	if has(c.flags, 's') or has(c.flags, 'w') then
		put('o', c.cid) put('p', inc)
	end
	if not h[1] and not unmarked(c.flags) then put('e', int(num(c.slot) - 1)) end
	if c.due ~= '' then put('n', c.due) end
	redis.call('HSET', key, unpack(set))
	redis.call('HSET', P .. ':r:' .. inc, c.cid,
		run_line(state, c.job, c.slot, attempt, fence, c.flags))
	changes = changes + 1
	return 'OK ' .. int(fence) .. ' ' .. int(attempt) .. ' ' .. how .. ' '
		.. (num(c.slot) > num(h[1]) and last(h) or h[11] or '0')
end

-- Asked before, and the answer was lost on its way.
local function again(key, h, c)
	if h[3] == 'S' then return 'SKIP ' .. (h[11] or '0') end
	if h[3] ~= 'C' and h[3] ~= 'R' then return 'GONE' end
	return 'OK ' .. h[5] .. ' ' .. h[6] .. ' same ' .. (h[11] or '0')
end

local function extra(key, h, c)
	local line = redis.call('HGET', P .. ':r:' .. inc, c.cid)
	if line then
		local attempt, fence = string.match(line, '^%a (%d+) (%d+)')
		return 'OK ' .. fence .. ' ' .. attempt .. ' same 0'
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
	return take(key, h, 'rerun', num(string.match(line, '^%a (%d+)')) + 1, c)
end

-- The slot of the mark: who had it may have given it up, or never started.
local function retake(key, h, slot, c)
	local x = h[3]
	if x == 'O' or (x == 'C' and now - num(h[7]) > override) then
		return busy(h, c.cid, c.flags) or take(key, h, 'over', 1, c)
	end
	return 'TAKEN ' .. (x or 'D') .. ' ' .. (h[4] or '-') .. ' ' .. (h[2] or '-')
end

local function claim(c)
	local key = P .. ':j:' .. c.job
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'w', 'f', 'a', 't', 'o', 'p', 'n', 'b', 'e')
	local slot, mark = num(c.slot), num(h[1])
	if unmarked(c.flags) then return extra(key, h, c) end
	if slot == mark and h[2] == c.cid then return again(key, h, c) end --@claim-id
	if slot - now > early then return 'EARLY ' .. int(slot - now) end
	if now - slot > num(c.deadline) then return 'LATE' end
	if slot < mark then
		-- What is before the first sight of the job, e, passed without a claim,
		-- and no later claim accounts for it.
		local seen = h[3] and slot > num(h[12])
		return 'STALE ' .. int(mark) .. (seen and '' or ' floor')
	end
	if slot <= floor then return 'STALE ' .. int(floor) .. ' floor' end
	if has(c.flags, 'i') and slot < num(h[10]) then return 'STALE ' .. h[10] end
	if slot == mark and h[3] then return retake(key, h, slot, c) end
	local other = busy(h, c.cid, c.flags)
	if other and h[3] == 'C' and h[2] == h[8] then
		-- Who is before us may not come to start: it is not skipped yet.
		return 'TAKEN C ' .. h[9] .. ' ' .. h[8]
	end
	if other and has(c.flags, 's') and quarantine == 0 then
		redis.call('HSET', key, 's', c.slot, 'c', c.cid, 'x', 'S', 'w', inc, 'a', '1',
			'b', last(h))
		changes = changes + 1
		return 'SKIP ' .. last(h)
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
