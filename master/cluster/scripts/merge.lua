-- Puts what others remember of jobs into a server that has forgotten. What is
-- higher wins.
--
-- ARGV: episode of the blankness, then for each job: name and its fields s, c,
-- x, w, f, a, t, o, p, n, b, e ("" for one that is not there).
--
-- OK, or TAKEN: it is not blank any more, or blank anew.
if data[1] or redis.call('HGET', P .. ':i', 'b') ~= ARGV[1] then
	return {'TAKEN'}
end
local fields = {'s', 'c', 'x', 'w', 'f', 'a', 't', 'o', 'p', 'n', 'b', 'e'}
local rank = {O = 1, C = 2, R = 3, L = 4, S = 5, D = 6}

-- Of two records of one slot: that of the later attempt, of the further state.
-- One without a state stands for no claim, but for when a server first heard of
-- the job: of two the earlier one counts, for its clock may have been wrong.
local function beats(slot, attempt, x, h)
	if x == '' then return not h[2] and slot < num(h[1]) end
	if not h[2] then return true end
	if slot ~= num(h[1]) then return slot > num(h[1]) end
	if attempt ~= num(h[3]) then return attempt > num(h[3]) end
	return (rank[x] or 0) > (rank[h[2]] or 0)
end

for i = 2, #ARGV, 13 do
	local key = P .. ':j:' .. ARGV[i]
	local v = {}
	for k, name in ipairs(fields) do
		v[name] = ARGV[i + k]
	end
	local h = redis.call('HMGET', key, 's', 'x', 'a', 'f', 'o', 'n', 'e')
	if v.s ~= '' and (not h[1] or beats(num(v.s), num(v.a), v.x, h)) then
		for _, name in ipairs({'s', 'c', 'x', 'w', 'a', 't', 'b'}) do
			if v[name] == '' then
				redis.call('HDEL', key, name)
			else
				redis.call('HSET', key, name, v[name])
			end
		end
	end
	if num(v.f) > num(h[4]) then redis.call('HSET', key, 'f', v.f) end
	if num(v.n) > num(h[6]) then redis.call('HSET', key, 'n', v.n) end
	if v.e ~= '' and (not h[7] or num(v.e) < num(h[7])) then
		redis.call('HSET', key, 'e', v.e)
	end
	if v.o ~= '' and h[5] and h[5] ~= v.o then
		-- Who of them runs is not known: their hosts will say.
		redis.call('HSET', P .. ':i', 'k', '1')
	end
	if v.o ~= '' and not h[5] then
		redis.call('HSET', key, 'o', v.o, 'p', v.p)
		-- Until its host says more of it.
		redis.call('HSETNX', P .. ':r:' .. v.p, v.o,
			line_of('C', '1', '0', v.s, '0', 'c', ARGV[i]))
	end
end
changes = 1
return done({''})
