-- ARGV: value, fence: the highest of several servers, so that the next holder
-- gets a higher one from any majority. OK, or LOST.
if not mine then return 'LOST' end
if (tonumber(redis.call('GET', KEYS[2])) or 0) < tonumber(ARGV[2]) then
	redis.call('SET', KEYS[2], ARGV[2])
end
return 'OK'
