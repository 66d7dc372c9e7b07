-- Gives a server that had forgotten its marker: from now on it votes. The
-- floor is later than any slot that may have been started before it forgot;
-- 0 where a majority of others remembered.
--
-- ARGV: episode, new marker, floor ms, fence floor, quarantine ms for jobs that
-- never overlap, the same where others did not agree on who runs one, the
-- server's run id: it need not settle, for nobody has seen more of it; how long
-- it is unsure who has tokens of semaphores, ms.
--
-- OK, or TAKEN: it is not blank any more, or blank anew.
if data[1] or redis.call('HGET', P .. ':i', 'b') ~= ARGV[1] then
	return {'TAKEN'}
end
local quiet, unsure = num(ARGV[5]), num(ARGV[8])
if redis.call('HGET', P .. ':i', 'k') then
	quiet = math.max(quiet, num(ARGV[6]))
end
redis.call('HSET', P .. ':i', 'm', ARGV[2],
	's', int(math.max(floor, num(ARGV[3]))),
	'f', int(math.max(fence_floor, num(ARGV[4]))),
	'w', int(now + quiet), 'y', int(quiet), 'r', ARGV[7], 'z', '',
	'g', int(now + unsure), 'h', int(unsure))
redis.call('HDEL', P .. ':i', 'b', 'k')
changes = 1
return done({''})
