/* Sequences of records, and what they leave in the store. */
#ifndef BELFRY_T_RECORDER_CASES_H
#define BELFRY_T_RECORDER_CASES_H

#define OPS_MAX 12

/*
 * begin RUN JOB SLOT ATTEMPT TRIGGER [JOINED]
 * end RUN JOB SLOT ATTEMPT TRIGGER OUTCOME FINISHED-MS RETRY-MS [JOINED]
 * slot JOB SLOT UNTIL COUNT OUTCOME REASON [JOINED]
 * after JOB MARK PARENT [REPLACES [USED]]; PARENT -: only takes back
 * job JOB MEMO HWM
 * rewind JOB SLOT
 */
static const struct {
	const char *what;
	const char *ops[OPS_MAX];
	const char *store;
} cases[] = {
    {"a run",
	{"begin r1 j 10 1 schedule", "end r1 j 10 1 schedule success 15 0"},
	"r1 j@10#1 success retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 success good=12 failures=0\n"},
    {"a run that goes on", {"begin r1 j 10 1 schedule"},
	"r1 j@10#1 - retry=-\n"
	"j@10-10 n=1 - run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=0 run= - good=0 failures=0\n"},
    {"an end without a beginning", {"end r1 j 10 1 catch-up lost 15 0"},
	"r1 j@10#1 lost retry=-\n"
	"j@10-10 n=1 lost run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 lost good=0 failures=1\n"},
    {"the first end counts",
	{"end r1 j 10 1 schedule success 15 0",
	    "end r1 j 10 1 schedule failure 19 0"},
	"r1 j@10#1 success retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 success good=12 failures=0\n"},
    {"a retry that waits", {"end r1 j 10 1 schedule failure 15 50"},
	"r1 j@10#1 failure retry=50\n"
	"j@10-10 n=1 failure run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 failure good=0 failures=1\n"},
    {"a retry that is taken back",
	{"end r1 j 10 1 schedule failure 15 50",
	    "end r1 j 10 1 schedule failure 15 0"},
	"r1 j@10#1 failure retry=-\n"
	"j@10-10 n=1 failure run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 failure good=0 failures=1\n"},
    {"a retry that runs",
	{"begin r1 j 10 1 schedule", "end r1 j 10 1 schedule failure 15 50",
	    "begin r2 j 10 2 retry"},
	"r1 j@10#1 failure retry=-\n"
	"r2 j@10#2 - retry=-\n"
	"j@10-10 n=1 - run=r2 #2 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 failure good=0 failures=1\n"},
    {"a retry that succeeds",
	{"begin r1 j 10 1 schedule", "end r1 j 10 1 schedule failure 15 50",
	    "begin r2 j 10 2 retry", "end r2 j 10 2 retry success 60 0"},
	"r1 j@10#1 failure retry=-\n"
	"r2 j@10#2 success retry=-\n"
	"j@10-10 n=1 success run=r2 #2 reason=-\n"
	"j memo=- hwm=10 end=60 run=r2 success good=12 failures=0\n"},
    {"a retry whose beginning was lost",
	{"end r1 j 10 1 schedule failure 15 50",
	    "end r2 j 10 2 retry timeout 60 90"},
	"r1 j@10#1 failure retry=-\n"
	"r2 j@10#2 timeout retry=90\n"
	"j@10-10 n=1 timeout run=r2 #2 reason=-\n"
	"j memo=- hwm=10 end=60 run=r2 timeout good=0 failures=2\n"},
    {"an older attempt ends behind the next one's beginning",
	{"begin r1 j 10 1 schedule", "begin r2 j 10 2 retry",
	    "end r1 j 10 1 schedule failure 15 50"},
	"r1 j@10#1 failure retry=-\n"
	"r2 j@10#2 - retry=-\n"
	"j@10-10 n=1 - run=r2 #2 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 failure good=0 failures=1\n"},
    {"an older attempt is heard of behind the next one's end",
	{"end r2 j 10 2 retry success 60 0",
	    "end r1 j 10 1 schedule failure 15 50"},
	"r1 j@10#1 failure retry=-\n"
	"r2 j@10#2 success retry=-\n"
	"j@10-10 n=1 success run=r2 #2 reason=-\n"
	"j memo=- hwm=10 end=60 run=r2 success good=12 failures=1\n"},
    {"two runs of one slot: the ledger keeps the first",
	{"begin r1 j 10 1 manual", "begin r2 j 10 1 manual",
	    "end r2 j 10 1 manual failure 14 0",
	    "end r1 j 10 1 manual success 15 0"},
	"r1 j@10#1 success retry=-\n"
	"r2 j@10#1 failure retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j memo=- hwm=0 end=15 run=r1 success good=12 failures=0\n"},
    {"a slot that did not run", {"slot j 10 10 1 skipped overlap"},
	"j@10-10 n=1 skipped run=- #0 reason=overlap\n"
	"j memo=- hwm=10 end=0 run= - good=0 failures=0\n"},
    {"slots that did not run raise hwm to their last",
	{"slot j 10 40 4 missed late"},
	"j@10-40 n=4 missed run=- #0 reason=late\n"
	"j memo=- hwm=40 end=0 run= - good=0 failures=0\n"},
    {"a gap is found again and has grown",
	{"slot j 10 40 4 missed late", "slot j 10 60 6 missed late"},
	"j@10-60 n=6 missed run=- #0 reason=late\n"
	"j memo=- hwm=60 end=0 run= - good=0 failures=0\n"},
    {"why a slot did not run is said once",
	{"slot j 10 10 1 skipped overlap", "slot j 10 10 1 missed late"},
	"j@10-10 n=1 skipped run=- #0 reason=overlap\n"
	"j memo=- hwm=10 end=0 run= - good=0 failures=0\n"},
    {"the clock was far ahead",
	{"slot j 10 90 9 missed late", "end r1 j 95 1 schedule success 96 0",
	    "slot j 97 99 2 missed late", "slot k 97 99 2 missed late",
	    "rewind j 20", "begin r2 j 30 1 schedule"},
	"r1 j@95#1 success retry=-\n"
	"r2 j@30#1 - retry=-\n"
	"j@10-20 n=0 missed run=- #0 reason=late\n"
	"j@30-30 n=1 - run=r2 #1 reason=-\n"
	"j@95-95 n=1 success run=r1 #1 reason=-\n"
	"k@97-99 n=2 missed run=- #0 reason=late\n"
	"j memo=- hwm=30 end=20 run=r1 success good=12 failures=0\n"
	"k memo=- hwm=99 end=0 run= - good=0 failures=0\n"},
    {"the clock was far ahead, and one slot is left",
	{"slot j 10 90 9 missed late", "rewind j 10"},
	"j@10-10 n=1 missed run=- #0 reason=late\n"
	"j memo=- hwm=10 end=0 run= - good=0 failures=0\n"},
    {"what was missed and then runs, ran",
	{"slot j 10 10 1 missed late", "begin r1 j 10 1 catch-up",
	    "end r1 j 10 1 catch-up success 15 0"},
	"r1 j@10#1 success retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 success good=12 failures=0\n"},
    {"what runs was not missed",
	{"begin r1 j 10 1 schedule", "slot j 10 30 3 missed late"},
	"r1 j@10#1 - retry=-\n"
	"j@10-10 n=1 - run=r1 #1 reason=-\n"
	"j memo=- hwm=30 end=0 run= - good=0 failures=0\n"},
    {"what ran was not missed",
	{"end r1 j 10 1 schedule success 15 0", "slot j 10 10 1 missed late"},
	"r1 j@10#1 success retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j memo=- hwm=10 end=15 run=r1 success good=12 failures=0\n"},
    {"runs by hand decide no slot",
	{"job j m 5", "begin r1 j 10 1 manual", "begin r2 j 20 1 queue",
	    "begin r3 j 30 1 after"},
	"r1 j@10#1 - retry=-\n"
	"r2 j@20#1 - retry=-\n"
	"r3 j@30#1 - retry=-\n"
	"j@10-10 n=1 - run=r1 #1 reason=-\n"
	"j@20-20 n=1 - run=r2 #1 reason=-\n"
	"j@30-30 n=1 - run=r3 #1 reason=-\n"
	"j memo=m hwm=5 end=0 run= - good=0 failures=0\n"},
    {"hwm does not go back", {"job j m 50", "job j m 20"},
	"j memo=m hwm=50 end=0 run= - good=0 failures=0\n"},
    {"hwm goes back when the memo changes", {"job j m 50", "job j n 20"},
	"j memo=n hwm=20 end=0 run= - good=0 failures=0\n"},
    {"the first memo is no change", {"begin r1 j 50 1 schedule", "job j m 20"},
	"r1 j@50#1 - retry=-\n"
	"j@50-50 n=1 - run=r1 #1 reason=-\n"
	"j memo=m hwm=50 end=0 run= - good=0 failures=0\n"},
    {"slots of an older and a newer schedule",
	{"job j m 100", "begin r1 j 200 1 schedule", "job j n 250",
	    "begin r2 j 260 1 schedule"},
	"r1 j@200#1 - retry=-\n"
	"r2 j@260#1 - retry=-\n"
	"j@200-200 n=1 - run=r1 #1 reason=-\n"
	"j@260-260 n=1 - run=r2 #1 reason=-\n"
	"j memo=n hwm=260 end=0 run= - good=0 failures=0\n"},
    {"failures in a row",
	{"end r1 j 10 1 schedule success 11 0",
	    "end r2 j 20 1 schedule failure 21 0",
	    "end r3 j 30 1 schedule timeout 31 0",
	    "slot j 40 40 1 skipped overlap",
	    "end r4 j 50 1 schedule killed 51 0",
	    "end r5 j 60 1 schedule lost 61 0",
	    "end r6 j 70 1 schedule launch-failed 0 0"},
	"r1 j@10#1 success retry=-\n"
	"r2 j@20#1 failure retry=-\n"
	"r3 j@30#1 timeout retry=-\n"
	"r4 j@50#1 killed retry=-\n"
	"r5 j@60#1 lost retry=-\n"
	"r6 j@70#1 launch-failed retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j@20-20 n=1 failure run=r2 #1 reason=-\n"
	"j@30-30 n=1 timeout run=r3 #1 reason=-\n"
	"j@40-40 n=1 skipped run=- #0 reason=overlap\n"
	"j@50-50 n=1 killed run=r4 #1 reason=-\n"
	"j@60-60 n=1 lost run=r5 #1 reason=-\n"
	"j@70-70 n=1 launch-failed run=r6 #1 reason=-\n"
	"j memo=- hwm=70 end=71 run=r6 launch-failed good=12 failures=5\n"},
    {"the last run is the one that ended last",
	{"end r2 j 20 1 schedule failure 90 0",
	    "end r1 j 10 1 schedule success 50 0"},
	"r1 j@10#1 success retry=-\n"
	"r2 j@20#1 failure retry=-\n"
	"j@10-10 n=1 success run=r1 #1 reason=-\n"
	"j@20-20 n=1 failure run=r2 #1 reason=-\n"
	"j memo=- hwm=20 end=90 run=r2 failure good=12 failures=0\n"},
    {"ends that wait", {"after c 5 a", "after d 5 a", "after c 6 b"},
	"end c 5 of a\n"
	"end c 6 of b\n"
	"end d 5 of a\n"},
    {"ends that are used up",
	{"after c 5 a", "after c 6 b", "begin r1 c 11 1 after 6", "after c 7 a",
	    "end r1 c 11 1 after success 15 0 6"},
	"r1 c@11#1 success retry=-\n"
	"c@11-11 n=1 success run=r1 #1 reason=-\n"
	"c memo=- hwm=0 end=15 run=r1 success good=12 failures=0\n"
	"c joined=6\n"
	"end c 7 of a\n"},
    {"an end that takes the place of another",
	{"after c 5 a", "after c 6 a 5", "after d 6 a"},
	"end c 6 of a\n"
	"end d 6 of a\n"},
    {"an end that is taken back",
	{"after c 5 a", "after c 6 b", "after c 0 - 5"}, "end c 6 of b\n"},
    {"an end that leads to nothing",
	{"after c 5 a", "slot c 11 11 1 skipped paused 5", "after c 6 a"},
	"c@11-11 n=1 skipped run=- #0 reason=paused\n"
	"c memo=- hwm=0 end=0 run= - good=0 failures=0\n"
	"c joined=5\n"
	"end c 6 of a\n"},
    {"a job that forgets",
	{"after c 5 a", "after d 5 a", "after c 6 b", "after c 0 - 0 6"},
	"c memo=- hwm=0 end=0 run= - good=0 failures=0\n"
	"c joined=6\n"
	"end d 5 of a\n"},
    {"two jobs",
	{"begin r1 a 10 1 schedule", "begin r2 b 10 1 schedule",
	    "end r2 b 10 1 schedule failure 15 0"},
	"r1 a@10#1 - retry=-\n"
	"r2 b@10#1 failure retry=-\n"
	"a@10-10 n=1 - run=r1 #1 reason=-\n"
	"b@10-10 n=1 failure run=r2 #1 reason=-\n"
	"a memo=- hwm=10 end=0 run= - good=0 failures=0\n"
	"b memo=- hwm=10 end=15 run=r2 failure good=0 failures=1\n"},
};

#endif
