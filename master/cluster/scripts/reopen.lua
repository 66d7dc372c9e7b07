-- Gives claims back that no worker was forked for: another may have the slot.
--
-- ARGV: marker, sequence seen, incarnation, node, then for each: job, slot ms,
-- claim id. For each: OK, or GONE: it was not ours any more.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation

local function reopen(job, slot, cid)
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'o')
	local held = redis.call('HDEL', P .. ':r:' .. inc, cid)
	if h[4] == cid then redis.call('HDEL', key, 'o', 'p') end
	local x = h[3]
	if h[1] == slot and h[2] == cid and string.find('CRSP', x, 1, true) then
		redis.call('HSET', key, 'x', 'O')
		held = 1
	end
	changes = changes + held
	return held == 1 and 'OK' or 'GONE'
end

local answer = {''}
for i = 5, #ARGV, 3 do
	answer[#answer + 1] = reopen(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return done(answer)
