/* What belfry-worker knows: programs. */
#include "kinds/kind.h"

#include <stddef.h>

const struct kind *
kind_of(enum job_kind kind)
{
	return kind == KIND_COMMAND ? &kind_command : NULL;
}

void
kind_init(void)
{
}
