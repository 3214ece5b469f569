import TestBench

/// One way to do a job, to be timed beside others.
struct Contestant {
    var name: String
    /// What happens before each run, and is not timed; gives the program to run.
    var prepare: () throws -> Program
    /// Looks whether the job was done, after each run.
    var check: (Outcome) throws -> Void = { _ in }
}

/// Contestants that do the same job, and how they are to compare.
struct Contest {
    /// What is asked of the first contestant.
    struct Bar {
        /// Beside which contestant; nil for a figure of its own.
        var other: String?
        /// At most this part of the other's wall time.
        var ratio: Double?
        /// At most so many milliseconds more than the other.
        var more: Double?
        /// At most so many MiB of memory.
        var memory: Double?
    }

    var name: String
    /// The first one is ours.
    var contestants: [Contestant]
    var bars: [Bar] = []
    /// How often each runs; nil for what was asked for.
    var runs: Int?
    /// Whether system calls are counted, which takes a run under `strace`.
    var countsCalls = true
}
