import HostSystem

/// A line that is written over and over, for a person at a terminal only.
struct ProgressLine {
    let stream: StandardStream
    private let isShown: Bool

    /// - Parameter isCI: some agents give each step a pseudo-terminal, whose codes stay in the log.
    init(stream: StandardStream, isQuiet: Bool, isCI: Bool) {
        self.stream = stream
        isShown = !isQuiet && !isCI && stream.isTerminal
    }

    func show(_ text: String) {
        if isShown { _ = try? stream.write("\r\u{1B}[K\(text)") }
    }

    func clear() {
        if isShown { _ = try? stream.write("\r\u{1B}[K") }
    }
}
