-- Gives claims back that no worker was forked for: another may have the slot.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection (the
-- same claim may have been asked for anew over a later one), then for each: job,
-- slot ms, claim id. For each: OK; GONE: it was not ours any more; or PASSED BEFORE: a
-- later claim took the slot for one that is seen to, so that it is still this
-- host's to record.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation

if strays(inc, ARGV[5]) then return {'LOST'} end

local function reopen(job, slot, cid)
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'o')
	local line = redis.call('HGET', P .. ':r:' .. inc, cid)
	if h[4] == cid then redis.call('HDEL', key, 'o', 'p') end
	if h[1] == slot and h[2] == cid and string.find('CRS', h[3], 1, true) then
		redis.call('HSET', key, 'x', 'O')
	elseif not line then
		return 'GONE'
	elseif num(h[1]) > num(slot) then
		local state, attempt, fence, _, before, flags = parts_of(line)
		if state ~= 'C' and not string.find(flags, '[xz]') then
			redis.call('HSET', P .. ':r:' .. inc, cid, line_of('M', attempt,
				fence, slot, before, flags, job))
			changes = changes + 1
			return 'PASSED ' .. before
		end
	end
	redis.call('HDEL', P .. ':r:' .. inc, cid)
	changes = changes + 1
	return 'OK'
end

local answer = {''}
for i = 6, #ARGV, 3 do
	answer[#answer + 1] = reopen(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return done(answer)
