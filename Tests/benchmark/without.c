// Runs a command that has to do without some system calls: without CALLS COMMAND [ARGUMENT...]. CALLS is one of:
//   guardian  vfork fails, so that a mint has no guardian; threads and ordinary forks go on as usual
//   flushes   fsync succeeds at once
//   both
//   none      for what to compare these with under the same filter
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Where there is no call of that name, the C library has it as a clone with a flag. Elsewhere, the register of the first
// argument may hold anything, which FLAG 0 takes.
#ifdef SYS_vfork
#define CALL SYS_vfork
#define FLAG 0
#else
#define CALL SYS_clone
#define FLAG CLONE_VFORK
#endif

int main(int count, char **words) {
    if (count < 3) return 2;
    int both = strcmp(words[1], "both") == 0;
    unsigned started = both || strcmp(words[1], "guardian") == 0 ? CALL : ~0u;
    unsigned flushed = both || strcmp(words[1], "flushes") == 0 ? SYS_fsync : ~0u;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, flushed, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, started, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FLAG),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FLAG, 1, 2),
        // An error of the number 0 is a success.
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("without: seccomp");
        return 1;
    }
    execv(words[2], words + 2);
    perror(words[2]);
    return 127;
}
