/* What belfry-worker knows: programs. */
#include "kinds/kind.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

const struct kind *
kind_of(enum job_kind kind)
{
	return kind == KIND_COMMAND ? &kind_command : NULL;
}

/* The master asks the other program. */
void
kind_describe(struct message *message, int fd)
{
	_exit(1);
}

_Noreturn void
kind_notice(struct message *message, int fd)
{
	_exit(1);
}

void
kind_find_user(struct message *message, int fd)
{
	_exit(1);
}

int
kind_describe_main(int argc, char **argv)
{
	fprintf(stderr, "belfry-worker: it has no plugins\n");
	return 2;
}

void
kind_init(void)
{
}
