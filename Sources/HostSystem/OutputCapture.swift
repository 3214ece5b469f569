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
    /// Those that cannot be started to show commands.
    private static let untraced: Set = ["fish", "pwsh"]

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

    /// Whether a shell that gets what is printed was started to show each command before it runs it, with the values of the
    /// variables in it, as by Jenkins.
    ///
    /// What it was told later, as by `set +x`, nobody else can see.
    package func isTraced(output: Int32 = 1) -> Bool {
        var ours = stat()
        guard fstat(output, &ours) == 0 else { return false }
        for shell in shells {
            if traces(shell) { return true }
            // It takes what is printed, and those above it get something else.
            var others = stat()
            if stat("\(processes)/\(shell)/fd/1", &others) == 0, !Self.isSame(ours, others) { return false }
        }
        return false
    }

    private func traces(_ shell: Int32) -> Bool {
        guard let program = program(of: shell), !Self.untraced.contains(program) else { return false }
        let arguments = arguments(of: shell)
        let isApplet = program == "busybox" && arguments.first.map { FilePath.name(of: String($0)) } == program
        return Self.traces(arguments, isApplet: isApplet)
    }

    /// - Parameters:
    ///   - arguments: of a shell, with its own name.
    ///   - isApplet: whether the first of them may be another name.
    private static func traces(_ arguments: [Substring], isApplet: Bool) -> Bool {
        var rest = arguments.dropFirst()
        if isApplet, rest.first.map({ !$0.hasPrefix("-") }) == true { rest = rest.dropFirst() }
        while let option = rest.popFirst(), option.count > 1, option != "--" {
            guard option.first == "-" || option.first == "+" else { return false }
            if option.hasPrefix("--") {
                if isTracing(option) { return true }
                if option == "--rcfile" || option == "--init-file" { rest = rest.dropFirst() }
                continue
            }
            if option.hasPrefix("-"), option.contains("x") { return true }
            guard option.hasSuffix("o") || option.hasSuffix("O"), let value = rest.popFirst() else { continue }
            if option.hasPrefix("-"), isTracing(value) { return true }
        }
        return false
    }

    /// Some shells take the names of options in any case, and with `_` and `-` anywhere.
    private static func isTracing(_ name: Substring) -> Bool {
        name.lowercased().filter { !"_-".contains($0) } == "xtrace"
    }

    private static func isSame(_ one: stat, _ other: stat) -> Bool {
        one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    /// The first of the shells above this process that have no other program between them; else the parent itself.
    private var outermostShell: Int32 { shells.last ?? parent }

    /// The shells above this process that have no other program between them, the nearest first.
    private var shells: [Int32] {
        var (process, found) = (parent, [Int32]())
        while process > 0, let name = program(of: process) {
            guard Self.names.contains(name) || WrapperProgram.names.contains(name) else { break }
            if Self.names.contains(name) { found.append(process) }
            process = self.parent(of: process)
        }
        return found
    }

    /// The name of its file.
    private func program(of process: Int32) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink("\(processes)/\(process)/exe", &target, target.count)
        guard count > 0 else { return nil }
        return FilePath.name(of: String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
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
