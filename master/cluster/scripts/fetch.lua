-- Empties a node's box, up to 64 messages at a time; what was fetched before
-- is dropped only now that it is known to have arrived.
--
-- ARGV: marker, sequence seen, node, id of the last message fetched before, or
-- "".
--
-- OK SEQUENCE MICROSECONDS, then each message: ID SENDER TEXT.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local key = P .. ':b:' .. ARGV[3]
for i, message in ipairs(redis.call('LRANGE', key, 0, 63)) do
	if ARGV[4] ~= '' and string.match(message, '^%S+') == ARGV[4] then
		redis.call('LTRIM', key, i, -1)
		changes = 1
	end
end
local answer = {''}
for _, message in ipairs(redis.call('LRANGE', key, 0, 63)) do
	answer[#answer + 1] = message
end
return done(answer)
