-- One page of what this server knows of jobs, for one that has forgotten.
--
-- ARGV: marker, sequence seen, cursor ("0" first).
--
-- OK SEQUENCE MICROSECONDS CURSOR ("0": this was the last page), floor, fence
-- floor, then for each job its name and twelve fields, as merge takes them.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local prefix = P .. ':j:'
local glob = string.gsub(prefix, '([%[%]%?%*\\])', '\\%1')
local page = redis.call('SCAN', ARGV[3], 'MATCH', glob .. '*', 'COUNT', '256')
local answer = {'', int(floor), int(fence_floor)}
for _, key in ipairs(page[2]) do
	local h = redis.call('HMGET', key, 's', 'c', 'x', 'w', 'f', 'a', 't', 'o', 'p', 'n', 'b', 'e')
	answer[#answer + 1] = string.sub(key, #prefix + 1)
	for i = 1, 12 do
		answer[#answer + 1] = h[i] or ''
	end
end
done(answer)
answer[1] = answer[1] .. ' ' .. page[1]
return answer
