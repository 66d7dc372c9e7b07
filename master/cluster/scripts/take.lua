-- Takes tokens of a semaphore. Those of hosts that are buried do not count.
--
-- ARGV: marker, sequence seen, incarnation, name, limit, count, id. OK, or
-- FULL; so is each after the server forgot who had some, until all hosts that
-- live have said so (keep).
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
if quarantine > 0 then return {'FULL'} end
local key = P .. ':s:' .. ARGV[4]
local used = 0
local held = redis.call('HGETALL', key)
for i = 1, #held, 2 do
	local count, who = string.match(held[i + 1], '^(%d+) (.*)$')
	if redis.call('HEXISTS', P .. ':n', who) == 0 then
		redis.call('HDEL', key, held[i])
	elseif held[i] ~= ARGV[7] then
		used = used + num(count)
	end
end
if used + num(ARGV[6]) > num(ARGV[5]) then return {'FULL'} end
redis.call('SADD', P .. ':s', ARGV[4])
redis.call('HSET', key, ARGV[7], ARGV[6] .. ' ' .. ARGV[3])
changes = 1
return done({''})
