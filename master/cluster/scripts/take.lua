-- Takes tokens of a semaphore. Those of hosts that are buried do not count.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection (over
-- an earlier one nobody waits for it), name, limit, count, id. OK; FULL; or
-- UNSURE, after the server forgot who had some, until all hosts that live have
-- said so (keep).
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
if strays(inc, ARGV[5]) then return {'LOST'} end
local told = redis.call('HMGET', P .. ':i', 'g', 'h')
if left(told[1], told[2]) > 0 then return {'UNSURE'} end
local key = P .. ':s:' .. ARGV[6]
local used = 0
local held = redis.call('HGETALL', key)
for i = 1, #held, 2 do
	local count, who = string.match(held[i + 1], '^(%d+) (.*)$')
	if redis.call('HEXISTS', P .. ':n', who) == 0 then
		redis.call('HDEL', key, held[i])
	elseif held[i] ~= ARGV[9] then
		used = used + num(count)
	end
end
if used + num(ARGV[8]) > num(ARGV[7]) then return {'FULL'} end
redis.call('SADD', P .. ':s', ARGV[6])
redis.call('HSET', key, ARGV[9], ARGV[8] .. ' ' .. inc)
changes = 1
return done({''})
