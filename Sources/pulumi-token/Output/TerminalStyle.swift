import HostSystem

/// Colours: on a terminal only, and not where somebody does not want them. https://no-color.org
struct TerminalStyle {
    private let isColourful: Bool

    init(of stream: StandardStream, _ environment: Environment) {
        isColourful = stream.isTerminal && environment.nonEmpty("NO_COLOR") == nil && environment["TERM"] != "dumb"
    }

    func green(_ text: String) -> String { coloured(text, "32") }
    func yellow(_ text: String) -> String { coloured(text, "33") }
    func red(_ text: String) -> String { coloured(text, "31") }

    private func coloured(_ text: String, _ code: String) -> String {
        isColourful ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
