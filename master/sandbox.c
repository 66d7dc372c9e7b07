#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* its calls are not known here */
#endif

/* Numbers from here on are x86_64's other calls, with 32-bit pointers. */
#define X32_CALLS 0x40000000U

/* Denied altogether. */
static const uint32_t denied[] = {
    /* programs and processes */
    SYS_execve,
    SYS_execveat,
    SYS_kill,
    SYS_pidfd_getfd,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
#ifndef SANDBOX_MAY_FORK
    SYS_ptrace,
#endif
/* files */
#ifdef SYS_creat
    SYS_chmod,
    SYS_chown,
    SYS_creat,
    SYS_lchown,
    SYS_link,
    SYS_mkdir,
    SYS_mknod,
    SYS_rename,
    SYS_rmdir,
    SYS_symlink,
    SYS_unlink,
#endif
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_linkat,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_open_by_handle_at,
    SYS_renameat2,
    SYS_symlinkat,
    SYS_truncate,
    SYS_unlinkat,
#ifdef SYS_renameat
    SYS_renameat,
#endif
    /* calls that get around a filter, or have many holes */
    SYS_bpf,
    SYS_io_uring_setup,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_perf_event_open,
    SYS_userfaultfd,
    /* the machine */
    SYS_acct,
    SYS_chroot,
    SYS_delete_module,
    SYS_finit_module,
    SYS_init_module,
    SYS_kexec_load,
    SYS_mount,
    SYS_pivot_root,
    SYS_reboot,
    SYS_setdomainname,
    SYS_sethostname,
    SYS_setns,
    SYS_swapoff,
    SYS_swapon,
    SYS_umount2,
    SYS_unshare,
};

/* libc has older calls in place of these. */
static const uint32_t missing[] = {
    SYS_openat2,
#ifndef SANDBOX_MAY_FORK
    SYS_clone3,
#endif
};

#define ERRNO(e) (SECCOMP_RET_ERRNO | (e))
#define ARG(i)   ((uint32_t)offsetof(struct seccomp_data, args[i]))

/* Filters of this size are ours: two or five steps a call. */
#define STEPS_MAX 256

struct filter {
	struct sock_filter steps[STEPS_MAX];
	unsigned short n;
};

static void
add(struct filter *f, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	f->steps[f->n++] = (struct sock_filter){code, yes, no, k};
}

static void
add_return(struct filter *f, uint32_t action)
{
	add(f, BPF_RET | BPF_K, action, 0, 0);
}

static void
add_denied(struct filter *f, uint32_t call, uint32_t action)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
	add_return(f, action);
}

/*
 * Allows or denies a call by an argument's lower half. test is BPF_JSET or
 * BPF_JEQ with k.
 */
static void
add_by_argument(struct filter *f, uint32_t call, unsigned i, uint16_t test,
    uint32_t k, bool allows)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
	add(f, BPF_LD | BPF_W | BPF_ABS, ARG(i), 0, 0);
	add(f, BPF_JMP | test | BPF_K, k, 0, 1);
	add_return(f, allows ? SECCOMP_RET_ALLOW : ERRNO(EPERM));
	add_return(f, allows ? ERRNO(EPERM) : SECCOMP_RET_ALLOW);
}

static void
make_filter(struct filter *f)
{
	const uint32_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

	_Static_assert(2 * (nitems(denied) + nitems(missing)) + 40 < STEPS_MAX,
	    "too many calls");
	f->n = 0;
	add(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0,
	    0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	add_return(f, SECCOMP_RET_KILL_PROCESS);
	add(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0,
	    0);
	add(f, BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1);
	add_return(f, ERRNO(EPERM));
	for (size_t i = 0; i < nitems(denied); i++)
		add_denied(f, denied[i], ERRNO(EPERM));
	for (size_t i = 0; i < nitems(missing); i++)
		add_denied(f, missing[i], ERRNO(ENOSYS));
#ifdef SYS_open
	add_by_argument(f, SYS_open, 1, BPF_JSET, writes, false);
#endif
	add_by_argument(f, SYS_openat, 2, BPF_JSET, writes, false);
	/* The log may be syslog's. */
	add_by_argument(f, SYS_socket, 0, BPF_JEQ, AF_UNIX, true);
#ifndef SANDBOX_MAY_FORK
	add_by_argument(f, SYS_clone, 0, BPF_JSET, CLONE_THREAD, true);
#endif
	add_return(f, SECCOMP_RET_ALLOW);
}

int
sandbox_no_new_privileges(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_errno(err, "no_new_privs");
	return 0;
}

int
sandbox_enter(struct err *err)
{
	struct filter filter;
	struct sock_fprog program = {.filter = filter.steps};

	if (sandbox_no_new_privileges(err) == -1)
		return -1;
	if (ARCH == 0)
		return err_set(err, "no filter for this processor");
	make_filter(&filter);
	program.len = filter.n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_LOG, &program) == -1)
		return err_errno(err, "seccomp");
	return 0;
}
