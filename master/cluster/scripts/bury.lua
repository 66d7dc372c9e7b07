-- A dead host's runs are on record: forgets them, and the session with the
-- last. Of what ran it is known for a day, should its host end it after all.
--
-- ARGV: marker, sequence seen, incarnation, dead incarnation, then for each: its
-- state as it was told, claim id. What was told as claimed is on record nowhere:
-- a server that has more of it, and was not heard, keeps it to tell.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local dead = ARGV[4]
for i = 5, #ARGV, 2 do
	local line = redis.call('HGET', P .. ':r:' .. dead, ARGV[i + 1])
	if line and (ARGV[i] ~= 'C' or parts_of(line) == 'C') then
		redis.call('HDEL', P .. ':r:' .. dead, ARGV[i + 1])
		if ARGV[i] == 'R' then
			redis.call('HSET', P .. ':l:' .. ARGV[i + 1], 'd', dead)
			redis.call('EXPIRE', P .. ':l:' .. ARGV[i + 1], 86400)
		end
	end
end
if redis.call('HLEN', P .. ':r:' .. dead) == 0 then
	redis.call('HDEL', P .. ':n', dead)
	redis.call('DEL', P .. ':d:' .. dead)
end
changes = 1
return done({''})
