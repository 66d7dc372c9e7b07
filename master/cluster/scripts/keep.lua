-- Says which tokens of semaphores a host has: those that it lacks here, as on
-- a server that forgot, are its own again; those that it gave back while the
-- server could not be asked are free.
--
-- ARGV: marker, sequence seen, incarnation, node, number of the connection, then
-- name and id of each.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local inc, mine = ARGV[4], {}
inc = ARGV[3] --@incarnation
if strays(inc, ARGV[5]) then return {'LOST'} end
for i = 6, #ARGV, 2 do
	local key = P .. ':s:' .. ARGV[i]
	mine[ARGV[i] .. ' ' .. ARGV[i + 1]] = true
	redis.call('SADD', P .. ':s', ARGV[i])
	redis.call('HSET', key, ARGV[i + 1], '1 ' .. inc)
end
for _, name in ipairs(redis.call('SMEMBERS', P .. ':s')) do
	local key = P .. ':s:' .. name
	local held = redis.call('HGETALL', key)
	for i = 1, #held, 2 do
		if string.match(held[i + 1], ' (.*)$') == inc
			and not mine[name .. ' ' .. held[i]] then
			redis.call('HDEL', key, held[i])
		end
	end
	if redis.call('EXISTS', key) == 0 then
		redis.call('SREM', P .. ':s', name)
	end
end
changes = 1
return done({''})
