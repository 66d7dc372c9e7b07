-- Tells the marks of jobs. A job that was never seen gets one: now, so that
-- nothing before it counts as missed.
--
-- ARGV: marker, sequence seen, then job, mark of a new one (0: now), for each.
--
-- For each: MARK DUE SEEN (0: a claim set it; 1: none has since the job was seen
-- first; 2: this was the first time).
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end

local answer = {''}
for i = 3, #ARGV, 2 do
	local key = P .. ':j:' .. ARGV[i]
	local h = redis.call('HMGET', key, 's', 'n', 'x')
	local seen = h[3] and ' 0' or h[1] and ' 1' or ' 2'
	if not h[1] then
		h[1] = int(math.max(now, floor, num(ARGV[i + 1])))
		redis.call('HSET', key, 's', h[1], 'e', h[1])
		changes = changes + 1
	end
	answer[#answer + 1] = int(num(h[1])) .. ' ' .. int(num(h[2])) .. seen
end
return done(answer)
