# 登录
login-title = 登录
login-lead = 登录后可以办理业务、查看您的电子证照。
login-for = 登录后继续前往“{ $client }”。
login-again = 您已以 { $name } 的身份登录。该应用要求您再次验证身份。
login-username = 用户名
login-password = 密码
login-button = 登录
login-hint = 工作人员不会向您索要密码。连续输错多次后需等待一段时间再试。
login-refused = 用户名或密码不正确。
login-too-many = 尝试次数过多，请约 { $minutes } 分钟后再试。
error-id = 错误编号

# 授权
consent-title = 授权确认
consent-lead = 申请获取 { $name } 的以下信息：
consent-new = 申请获取
consent-known = 您此前已同意
consent-allow = 同意
consent-deny = 不同意
consent-never = 您的身份证号码和密码不会提供给应用。您可以随时在“我的账户”中撤回授权。
consent-leads-to = 随后将前往
scope-openid = 身份标识
scope-openid-text = 一个只代表您、不含个人信息的编号，以及您登录的时间和方式。
scope-profile = 姓名和用户名
scope-profile-text = 您的姓名和在本平台的用户名。
scope-phone = 手机号码
scope-phone-text = 您登记的手机号码。
scope-org = 任职和经办信息
scope-org-text = 您担任的岗位，以及您可以代为办理业务的单位。
scope-offline_access = 离线访问
scope-offline_access-text = 在您退出登录之后，应用仍可继续使用您同意的信息，直到您撤回授权。
scope-unknown-text = 本平台的一项接口权限。

# 退出
logout-title = 退出登录
logout-from = “{ $client }”请求您退出本平台。
logout-ask = { $name }，确定要退出登录吗？
logout-confirm = 退出登录
logout-stay = 保持登录
logout-done-title = 已退出
logout-done = 您已退出本平台。
logout-done-client = 您在“{ $client }”中可能仍处于登录状态，如有需要请在该应用中退出。
logout-home = 返回首页
logout-again = 重新登录

# 修改密码
password-title = 修改密码
password-must = 这是初始密码或由管理员重置的密码，请先修改后再继续。
password-old = 当前密码
password-new = 新密码
password-again = 再次输入新密码
password-hint = 至少 { $minimum } 个字符，可以是一句便于记忆的话，不要求大小写或符号。
password-change = 修改密码
password-back = 返回
password-ends-sessions = 修改后，您在其他设备上的登录会全部退出。
password-differs = 两次输入的新密码不一致。
password-raced = 密码刚刚在别处被修改，请重新登录后再试。
password-same = 新密码与当前密码相同。
password-too-many = 尝试次数过多，请稍后再试。
password-guessable = 新密码太容易被猜到，请换一个。
password-holds-username = 新密码不能包含用户名。
password-too-long = 新密码太长。
password-too-short = 新密码至少需要 { $minimum } 个字符。
password-wrong-old = 当前密码不正确。

# 我的账户
account-title = 我的账户
account-lead = 查看您的资料，管理登录设备和已授权的应用。
account-me = 基本资料
account-name = 姓名
account-username = 用户名
account-assurance = 实名等级
account-assurance-level = { $level } 级
account-phone = 手机号码
account-password = 修改密码
account-logout = 退出登录
account-apps = 已授权的应用
account-apps-hint = 撤回后，该应用立即不能再获取您的信息。
account-no-apps = 您还没有授权任何应用。
account-app = 应用
account-app-sees = 可以获取
account-app-since = 授权时间
account-withdraw = 撤回授权
account-sessions = 登录设备
account-sessions-hint = 如果有您不认识的设备，请让它退出，并修改密码。
account-browser = 浏览器
account-source = 网络地址
account-since = 登录时间
account-seen = 最近使用
account-this = 当前设备
account-end = 退出
account-end-others = 退出其他所有设备
account-done-app = 已撤回授权。
account-done-password = 密码已修改，其他设备已退出。
account-done-session = 已退出所选设备。

# 授权请求出错时显示
rule-ClientIdMissing = 应用发来的请求缺少 client_id 参数，请联系应用的开发者。
rule-ClientUnknown = 本平台没有登记这个应用（client_id 未登记），请联系应用的开发者。
rule-RedirectUriMissing = 应用发来的请求缺少 redirect_uri 参数，请联系应用的开发者。
rule-RedirectUriUnregistered = 应用要求返回的地址（redirect_uri）没有登记。为保护您的安全，登录已停止，请联系应用的开发者。
rule-RequestTooLarge = 应用发来的请求过长或参数过多，请联系应用的开发者。
rule-FlowLost = 本次登录已超时，或是在另一个浏览器中开始的。请回到应用重新登录。
rule-ParameterRepeated = 应用发来的请求中有重复的参数，请联系应用的开发者。
