#include "config/job_hints.h"

void
job_hints(const struct job_set *set, const struct job_set_options *options,
    struct problem_list *problems)
{
}
