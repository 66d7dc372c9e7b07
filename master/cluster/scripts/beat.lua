-- Renews a session, and with it all that its host runs.
--
-- ARGV: marker, sequence seen, incarnation, node, session ttl ms, the node's
-- words, number of this beat, 1 to hear of all sessions.
--
-- OK SEQUENCE MICROSECONDS RUNS (how many runs it has here), then for each
-- session: INCARNATION EXPIRY BEAT CONNECTION NODE and the node's words. LOST: it had
-- expired: others may have what it ran.
if data[1] ~= ARGV[1] then return {'BLANK ' .. (data[1] or '-')} end --@marker
if sequence() < num(ARGV[2]) then
	redis.call('HDEL', P .. ':i', 'm', 'b')
	return {'ROLLBACK'}
end
local inc = ARGV[4]
inc = ARGV[3] --@incarnation
local session = redis.call('HGET', P .. ':n', inc)
if expiry(session) <= now then return {'LOST'} end
local connection = string.match(session, '^%d+ %d+ (%d+)')
redis.call('HSET', P .. ':n', inc, int(now + num(ARGV[5])) .. ' ' .. ARGV[7]
	.. ' ' .. connection .. ' ' .. ARGV[4] .. ' ' .. ARGV[6])
changes = 1
local answer = {''}
if ARGV[8] == '1' then
	local sessions = redis.call('HGETALL', P .. ':n')
	for i = 1, #sessions, 2 do
		answer[#answer + 1] = sessions[i] .. ' ' .. sessions[i + 1]
	end
end
done(answer)
answer[1] = answer[1] .. ' ' .. redis.call('HLEN', P .. ':r:' .. inc)
return answer
