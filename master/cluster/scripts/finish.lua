-- Ends runs.
--
-- ARGV: marker, sequence seen, incarnation, node, then for each: job, slot ms,
-- claim id, delay ms until the next due time of an @after job, or "".
--
-- For each: OK; LATE: the run had been taken for lost; SUPERSEDED: it had
-- been, and the slot was given to another. With a delay, the next due time
-- follows: OK MS.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation

local function finish(job, slot, cid, delay)
	local key = P .. ':j:' .. job
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'o', 'n')
	local held = redis.call('HDEL', P .. ':r:' .. inc, cid)
	local word = (held == 1 or h[1] ~= slot) and 'OK' or 'SUPERSEDED'
	changes = changes + 1
	if h[4] == cid then redis.call('HDEL', key, 'o', 'p') end
	if h[1] == slot and h[2] == cid then
		word = string.find('LO', h[3] or 'D', 1, true) and 'LATE' or 'OK'
		redis.call('HSET', key, 'x', 'D')
	end
	if word == 'OK' and redis.call('HGET', P .. ':l:' .. cid, 'd') then
		word = 'LATE'
	end
	if delay == '' or word == 'SUPERSEDED' then return word end
	local due = math.max(num(h[5]), now + num(delay))
	redis.call('HSET', key, 'n', int(due))
	return word .. ' ' .. int(due)
end

local answer = {''}
for i = 5, #ARGV, 4 do
	answer[#answer + 1] = finish(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
return done(answer)
