import Credentials
import HostSystem
import Secrets

/// What the user said: options with where they were said, and operands.
struct Arguments {
    /// Where a value comes from; how messages name it.
    enum Origin: Equatable {
        case flag(String)
        case variable(String)
        case input(String)

        var name: String {
            switch self {
            case .flag(let name): "--" + name
            case .variable(let name): name
            case .input(let name): "the input " + name
            }
        }
    }

    /// A value and how messages name its place.
    struct Value: Equatable {
        var text: String
        var origin: Origin

        /// How messages name the place of the value.
        var place: String { origin.name }
        var named: NamedText { NamedText(text, place: place) }
    }

    private(set) var values: [Option: [Value]] = [:]
    var operands: [String] = []
    /// Whether they are the inputs of the GitHub action, which listens to nothing else.
    var areInputs = false
    /// The input `access-token`, which is no option because a secret is never an argument.
    var accessToken: Secret?

    /// The input `github-token` of a sub-action.
    var runToken: Secret?

    mutating func add(_ text: String, for option: Option, from origin: Origin) {
        values[option, default: []].append(Value(text: text, origin: origin))
    }

    mutating func remove(_ option: Option) { values[option] = nil }

    /// The last value of an option; nil when it was not given.
    func value(of option: Option) -> Value? {
        values[option]?.last
    }

    func text(of option: Option) -> String? {
        value(of: option)?.text
    }

    /// All values of an option that may be repeated.
    func list(of option: Option) -> [Value] {
        values[option] ?? []
    }

    /// Whether a switch is on.
    func isOn(_ option: Option) -> Bool {
        text(of: option) == "true"
    }
}
