import HostSystem

/// A line that is written over and over, on a terminal only.
struct ProgressLine {
    let stream: StandardStream
    private let isShown: Bool

    init(stream: StandardStream, isQuiet: Bool) {
        self.stream = stream
        isShown = !isQuiet && stream.isTerminal
    }

    func show(_ text: String) {
        if isShown { _ = try? stream.write("\r\u{1B}[K\(text)") }
    }

    func clear() {
        if isShown { _ = try? stream.write("\r\u{1B}[K") }
    }
}
