#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Whether somebody takes what this process prints, or the job's log shows it.
package struct OutputCapture: Sendable {
    /// What this process is started by: the words of a script.
    private static let names: Set = [
        "sh", "bash", "rbash", "dash", "ash", "busybox", "zsh", "ksh", "ksh93", "mksh", "yash", "fish", "pwsh",
    ]

    private let processes: String
    private let parent: Int32

    /// - Parameters:
    ///   - processes: where the system shows its processes.
    ///   - parent: the process that started this one.
    package init(processes: String = "/proc", parent: Int32 = getppid()) {
        self.processes = processes
        self.parent = parent
    }

    /// Whether standard output is the log: a terminal, the same file as standard error, or the very file to which the
    /// shell that runs the script prints.
    ///
    /// In `$(...)`, before a pipe and with a file behind `>` it is another. What cannot be found out counts as the log.
    package func isLog(output: Int32 = 1, error: Int32 = 2) -> Bool {
        if isatty(output) == 1 { return true }
        var ours = stat()
        guard fstat(output, &ours) == 0 else { return false }
        if ours.st_mode & S_IFMT == S_IFCHR { return false }
        var others = stat()
        if fstat(error, &others) == 0, Self.isSame(ours, others) { return true }
        #if canImport(Darwin)
        return false
        #else
        guard stat("\(processes)/\(outermostShell)/fd/1", &others) == 0 else { return true }
        return Self.isSame(ours, others)
        #endif
    }

    /// Whether a shell of the script was started to show each command before it runs it, as by Jenkins: with the values of
    /// the variables in it.
    package var isTraced: Bool { shells.contains { Self.traces(arguments(of: $0)) } }

    /// - Parameter arguments: of a shell, with its own name.
    private static func traces(_ arguments: [Substring]) -> Bool {
        var isValue = false
        for argument in arguments.dropFirst() {
            if isValue, argument == "xtrace" { return true }
            guard !isValue else {
                isValue = false
                continue
            }
            guard argument.count > 1, let sign = argument.first, "-+".contains(sign), argument != "--" else {
                return false
            }
            guard !argument.hasPrefix("--") else { continue }
            if sign == "-", argument.contains("x") { return true }
            isValue = sign == "-" && argument.hasSuffix("o")
        }
        return false
    }

    private static func isSame(_ one: stat, _ other: stat) -> Bool {
        one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    /// The first of the shells above this process that have no other program between them; else the parent itself.
    private var outermostShell: Int32 { shells.last ?? parent }

    /// The shells above this process that have no other program between them, the nearest first.
    private var shells: [Int32] {
        var (process, found) = (parent, [Int32]())
        while process > 0, isShell(process) {
            found.append(process)
            process = self.parent(of: process)
        }
        return found
    }

    private func isShell(_ process: Int32) -> Bool {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink("\(processes)/\(process)/exe", &target, target.count)
        guard count > 0 else { return false }
        let path = String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Self.names.contains(FilePath.name(of: path))
    }

    private func arguments(of process: Int32) -> [Substring] {
        guard let file = try? Descriptor.open("\(processes)/\(process)/cmdline", O_RDONLY),
            let bytes = try? file.contents(limit: 1 << 20)
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\0")
    }

    /// 0 when there is none.
    private func parent(of process: Int32) -> Int32 {
        guard let file = try? Descriptor.open("\(processes)/\(process)/stat", O_RDONLY),
            let bytes = try? file.contents(limit: 1 << 16)
        else { return 0 }
        // The name before the parenthesis may hold blanks; the parent is the second word behind it.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return 0 }
        let words = text[text.index(after: end)...].split(separator: " ")
        return words.count > 1 ? Int32(words[1]) ?? 0 : 0
    }
}
