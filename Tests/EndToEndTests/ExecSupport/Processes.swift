import Glibc
import TestBench

/// What the kernel tells of a running process and its descendants.
struct ProcessTree {
    let pids: [pid_t]

    /// A process, what it has started, and so on.
    init(of root: pid_t) {
        var found = [root]
        var next = found.startIndex
        while next < found.endIndex {
            let children = text(of: "/proc/\(found[next])/task/\(found[next])/children") ?? ""
            found += children.split(separator: " ").compactMap { pid_t($0) }
            next += 1
        }
        pids = found
    }

    /// Those with a text in their environment, as far as we may read it.
    func withEnvironment(holding text: String) -> [pid_t] {
        pids.filter { contents(of: "/proc/\($0)/environ")?.contains(Array(text.utf8)) == true }
    }

    /// Those with a text in their command line.
    func withCommandLine(holding text: String) -> [pid_t] {
        pids.filter { contents(of: "/proc/\($0)/cmdline")?.contains(Array(text.utf8)) == true }
    }
}

/// A line of `/proc/PID/status`: `VmHWM` in KiB.
func processStatus(_ pid: pid_t, _ name: String) -> Int? {
    let line = (text(of: "/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
}

/// The state of a process as `ps` shows it: `R`, `S`, `T`, `Z`; empty when there is none.
func processState(_ pid: pid_t) -> String {
    let line = (text(of: "/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix("State:") }
    return line.map { String($0.dropFirst(7).prefix(1)) } ?? ""
}

/// Waits for a process of others to end, at most as long as anything here may take; whether it did.
func hasEnded(_ pid: pid_t) -> Bool {
    comesTrue { ["", "Z", "X"].contains(processState(pid)) }
}

/// Looks again and again for what nobody tells, at most as long as anything here may take; whether it came.
func comesTrue(_ condition: () -> Bool) -> Bool {
    for _ in 0..<RunningProgram.patience / 5 {
        if condition() { return true }
        poll(nil, 0, 5)
    }
    return false
}
