// The memory of this process.
#ifndef PULUMI_TOKEN_CPLATFORM_MEMORY_H
#define PULUMI_TOKEN_CPLATFORM_MEMORY_H

#include <stdint.h>

#if defined(__linux__)
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#endif

/// How much of the writable segment its variables take at most; constants that nobody writes follow. scripts/verify checks it.
enum { platform_variables_size = 160 << 10 };

/// Has the kernel make the pages of the executable's variables writable at once, while there is one thread.
///
/// Each would get there by two faults. With a second thread on another processor, the latter has to be interrupted for
/// each of them. A kernel that cannot do it at once does it one by one as before.
static inline void platform_populate_variables(void) {
#if defined(__linux__)
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t count = segments ? getauxval(AT_PHNUM) : 0;
    uintptr_t load = 0, page = getauxval(AT_PAGESZ), relocated = 0;
    if (!page) return;
    for (size_t index = 0; index < count; index++) {
        if (segments[index].p_type == PT_PHDR) load = (uintptr_t)segments - segments[index].p_vaddr;
        if (segments[index].p_type == PT_GNU_RELRO) relocated = segments[index].p_vaddr;
    }
    for (size_t index = 0; load && index < count; index++) {
        const ElfW(Phdr) *segment = segments + index;
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W) || segment->p_vaddr == relocated) continue;
        uintptr_t start = (load + segment->p_vaddr) & -page, zeros = load + segment->p_vaddr + segment->p_filesz;
        uintptr_t end = (load + segment->p_vaddr + segment->p_memsz + page - 1) & -page;
        size_t variables = segment->p_filesz < platform_variables_size ? segment->p_filesz : platform_variables_size;
        (void)madvise((void *)start, variables, MADV_POPULATE_WRITE);
        zeros &= -page;
        (void)madvise((void *)zeros, end - zeros, MADV_POPULATE_WRITE);
    }
#endif
}

#endif
