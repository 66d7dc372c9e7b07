-- In front of every script. KEYS[1] is the prefix of all keys, belfry:{NAME},
-- whose braces keep a cluster's keys in one slot of a Redis Cluster.
--
-- An answer is a list of strings; the first says whether the script did its
-- work, OK SEQUENCE MICROSECONDS, or why it did not. The one clock is Redis'.
--
-- A line that ends in a mark such as --@start is one of the guards: the model
-- and test builds take it out to see that something notices.
local P = KEYS[1]
local time = redis.call('TIME')
local us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(us / 1000)

local function num(v)
	return tonumber(v) or 0
end

-- Numbers above 10^14 would print as 1e+15.
local function int(v)
	return string.format('%d', v)
end

-- What this data set is: marker m, floor s of slots and f of fences, until
-- when it settles (u, which takes v ms), is in quarantine (w, y) and unsure of
-- tokens (g, h), the server's process r and those before it, z.
local data = redis.call('HMGET', P .. ':i', 'm', 's', 'f', 'u', 'v', 'w', 'y')
local floor, fence_floor = num(data[2]), num(data[3])

-- How long until then. More than it can take: the clock was set back.
local function left(at, most)
	local ms = num(at) - now
	return ms > 0 and ms <= num(most) and ms or 0
end

local settling, quarantine = left(data[4], data[5]), left(data[6], data[7])
local changes = 0

local function sequence()
	return num(redis.call('GET', P .. ':q'))
end

-- nil: this server may vote. Otherwise the answer. A server that lacks
-- changes a host has seen went back in time: nobody may trust it any more.
local function refusal(marker, seen)
	if data[1] ~= marker then return {'BLANK ' .. (data[1] or '-')} end --@marker
	if sequence() < num(seen) then
		redis.call('HDEL', P .. ':i', 'm', 'b')
		return {'ROLLBACK'}
	end
	if settling > 0 then return {'SETTLING ' .. int(settling)} end
end

-- The first line of an answer, once all changes are counted.
local function done(answer)
	local q
	if changes > 0 then
		q = redis.call('INCRBY', P .. ':q', int(changes))
	else
		q = sequence()
	end
	answer[1] = 'OK ' .. int(q) .. ' ' .. int(us)
	return answer
end

-- A session is EXPIRY BEAT CONNECTION NODE and the node's own words.
local function expiry(session)
	return num(session and string.match(session, '^%d+'))
end

-- Was it sent over an earlier connection than the session's, and is no more true?
local function strays(inc, connection)
	local session = redis.call('HGET', P .. ':n', inc)
	return not session
		or string.match(session, '^%d+ %d+ (%d+)') ~= connection
end

-- Another run that holds a job which never overlaps. It counts while it stands
-- under its host: that a session has expired says nothing, for the clock may
-- have been set; a reaper takes it away.
-- The answer is what stands there.
local function is_held(holder, host, cid)
	return holder and holder ~= cid
		and redis.call('HGET', P .. ':r:' .. host, holder)
end

-- The states of a slot, field x of a job: C claimed, R started (it may run), D
-- done, S skipped, O free again, L lost with its host.

-- What a host has to see to: a run, until its end, or the record of a slot that
-- does not run, until it is written down. It stands under the host, so that
-- whoever buries it sees to it. States: C claimed, R started, S skipped, M
-- missed. BEFORE is the last slot before that others see to; those between were
-- claimed by nobody and are this host's to record, too.
local function line_of(state, attempt, fence, slot, before, flags, job)
	return state .. ' ' .. attempt .. ' ' .. fence .. ' ' .. slot .. ' '
		.. before .. ' ' .. flags .. ' ' .. job
end

-- State, attempt, fence, slot, before, flags, job.
local function parts_of(line)
	return string.match(line, '^(%a) (%d+) (%d+) (%d+) (%d+) (%S*) (.*)$')
end
