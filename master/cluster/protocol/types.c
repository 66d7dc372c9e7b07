#include "cluster/protocol/types.h"

const char *
cluster_server_state_name(enum cluster_server_state state)
{
	static const char *const names[] = {
	    [CLUSTER_SERVER_DOWN] = "down",
	    [CLUSTER_SERVER_JOINING] = "joining",
	    [CLUSTER_SERVER_OK] = "ok",
	    [CLUSTER_SERVER_SETTLING] = "settling",
	    [CLUSTER_SERVER_BLANK] = "blank",
	    [CLUSTER_SERVER_ROLLED_BACK] = "rolled back",
	    [CLUSTER_SERVER_UNFIT] = "unfit",
	};

	return names[state];
}

const char *
claim_verdict_name(enum claim_verdict verdict)
{
	static const char *const names[] = {
	    [CLAIM_WON] = "won",
	    [CLAIM_LAPSED] = "lapsed",
	    [CLAIM_EARLY] = "early",
	    [CLAIM_LATE] = "late",
	    [CLAIM_STALE] = "stale",
	    [CLAIM_TAKEN] = "taken",
	    [CLAIM_BUSY] = "busy",
	    [CLAIM_SKIPPED] = "skipped",
	    [CLAIM_DOWN] = "down",
	};

	return names[verdict];
}
