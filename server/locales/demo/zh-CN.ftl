app-title = 示例应用
app-intro = 这是一个接入印信统一身份认证的示例应用。它只知道身份令牌里写明的内容。
app-login = 使用印信登录
app-welcome = 登录成功。身份令牌已核验，内容如下。
app-failed = 登录未完成：
app-logout = 退出登录
