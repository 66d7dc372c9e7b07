-- Starts what was claimed, irrevocably: only after it may a worker be forked.
--
-- ARGV: marker, sequence seen, incarnation, node, then for each: job, slot ms,
-- claim id, flags, fence (the highest of all servers).
--
-- For each: OK, or LOST: somebody else has the slot.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
if expiry(redis.call('HGET', P .. ':n', inc)) <= now then return {'LOST'} end

local function start(job, slot, cid, flags, fence)
	local key = P .. ':j:' .. job
	local runs = P .. ':r:' .. inc
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'f', 'a', 'o', 'p')
	local line = redis.call('HGET', runs, cid)
	local before = line and select(5, parts_of(line)) or '0'
	local attempt = num(h[5])
	if string.find(flags, '[sw]') then
		if is_held(h[6], h[7], cid) then return 'LOST' end
		-- Copied from another server, while who runs the job is not known.
		if quarantine > 0 and h[3] ~= 'R' then return 'LOST' end
	end
	if string.find(flags, '[xz]') then
		if not line then return 'LOST' end
		attempt = num(select(2, parts_of(line)))
		redis.call('HSET', key, 'f', int(math.max(num(h[4]), num(fence))))
	else
		local mine = h[1] == slot and h[2] == cid
			and (h[3] == 'C' or h[3] == 'R')
		if not mine then return 'LOST' end --@start
		redis.call('HSET', key, 's', slot, 'c', cid, 'x', 'R', 'w', inc,
			'a', int(attempt), 'f', int(math.max(num(h[4]), num(fence))))
	end
	if string.find(flags, '[sw]') then
		redis.call('HSET', key, 'o', cid, 'p', inc)
	end
	redis.call('HSET', runs, cid, line_of(string.find(flags, 'm') and 'M' or 'R',
		int(attempt), fence, slot, before, flags, job))
	changes = changes + 1
	return 'OK'
end

local answer = {''}
for i = 5, #ARGV, 5 do
	answer[#answer + 1] = start(ARGV[i], ARGV[i + 1], ARGV[i + 2],
		ARGV[i + 3], ARGV[i + 4])
end
return done(answer)
