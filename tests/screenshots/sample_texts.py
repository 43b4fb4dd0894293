"""What the pictured conversations say, in each language of the window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleTexts:
    """The words of one language.

    Attributes:
        coffee: A conversation of several turns with a table; also shown in the README.
        physics: A question whose answer has reasoning, formulas, code and a task list.
        others: Titles and last days of the conversations that only fill the sidebar.
        edited: A second version of the last question of `coffee`.
        follow_up: A question asked while the pictures are taken.
        streamed: An answer as far as it has come.
        waiting: Two questions that wait.
        search: A word that several conversations hold.
        nothing: A word that none holds.
        title: A title given by hand.
        quick: A question and an answer of quick chat.
        pictures: A question about pictures, its answer, and the names of their files.
    """

    coffee: tuple[tuple[str, str], ...]
    physics: tuple[str, str]
    others: tuple[tuple[str, int], ...]
    edited: str
    follow_up: str
    streamed: str
    waiting: tuple[str, str]
    search: str
    nothing: str
    title: str
    quick: tuple[str, str]
    pictures: tuple[str, str, tuple[str, ...]]


_CODE = '''```python
from math import pi, sqrt

G = 9.81  # m/s²


def period(length_m: float, swing_rad: float = 0.0) -> float:
    """Seconds of one full swing of a pendulum."""
    small = 2 * pi * sqrt(length_m / G)
    return small * (1 + swing_rad**2 / 16)


print(f"{period(1.0):.3f} s")
```'''

_ENGLISH = SampleTexts(
    coffee=(
        (
            "I have a pour-over dripper and a kitchen scale. How do I make good coffee for two?",
            "Use **30 g of coffee to 500 g of water**, ground like coarse sand, and water just off the boil "
            "(about 94 °C).\n\n"
            "1. Rinse the filter with hot water and throw that water away.\n"
            "2. Pour 60 g of water over the grounds and wait 40 seconds: fresh coffee swells and lets its gas out.\n"
            "3. Pour slowly in circles up to 300 g, let it sink a little, then up to 500 g.\n"
            "4. The last drops should fall after about three and a half minutes.\n\n"
            "If it takes much longer, grind coarser; if it rushes through, grind finer.",
        ),
        (
            "It tastes sour. What should I change first?",
            "Sour means that too little was drawn out of the coffee. Change one thing at a time, in this order:\n\n"
            "| Change | Why it helps | How far |\n"
            "|---|---|---|\n"
            "| Grind finer | more surface, slower flow | two clicks |\n"
            "| Hotter water | dissolves more | 96 °C |\n"
            "| Pour slower | longer contact | 20 seconds more |\n\n"
            "> Taste it again when it has cooled a little: sourness is easier to judge in lukewarm coffee.\n\n"
            "If it turns *bitter* instead, you have gone one step too far.",
        ),
    ),
    physics=(
        "Derive the period of a simple pendulum and show me how to compute it in Python.",
        "<think>\nThe person wants a derivation and code. Start from Newton's second law along the arc, linearise the "
        "sine, and give the correction for larger swings.\n\nCheck: one metre gives about two seconds. Good.\n</think>"
        "## From force to period\n\n"
        "Along the arc of a pendulum of length $L$ only a part of the weight acts:\n\n"
        "$$ m L \\ddot{\\theta} = -m g \\sin\\theta $$\n\n"
        "For small angles $\\sin\\theta \\approx \\theta$, which is a harmonic oscillator with "
        "$\\omega = \\sqrt{g/L}$. Its period is\n\n"
        "$$ T = \\frac{2\\pi}{\\omega} = 2\\pi\\sqrt{\\frac{L}{g}} $$\n\n"
        "The mass has gone: a heavy bob swings no slower than a light one.\n\n"
        "## The same in Python\n\n" + _CODE + "\n\n"
        "A pendulum of one metre needs `2.006 s`. How far the small-angle formula is off:\n\n"
        "| Swing | Exact period | Error |\n"
        "|:--|--:|--:|\n"
        "| 5° | 2.007 s | 0.05 % |\n"
        "| 20° | 2.021 s | 0.76 % |\n"
        "| 45° | 2.086 s | 3.84 % |\n\n"
        "### To try yourself\n\n"
        "- [x] derive the formula\n"
        "- [ ] time ten swings of a weight on a thread\n"
        "- [ ] compare; see [Pendulum (mechanics)](https://en.wikipedia.org/wiki/Pendulum_(mechanics))",
    ),
    others=(
        ("Names for a grey cat", 0),
        ("Letter to the landlord about the heating", 1),
        ("Packing list for three days in the mountains", 1),
        ("Why does bread dough rise?", 3),
        ("Regular expression for German postcodes", 4),
        ("Summary of the minutes of the allotment association's spring meeting", 6),
        ("Birthday speech for Grandma", 19),
        ("Difference between TCP and UDP", 34),
        ("Train or plane to Lisbon", 61),
    ),
    edited="It tastes sour and a little thin. What should I change first?",
    follow_up="And how should I keep the beans?",
    streamed="Keep them **whole, dry and dark**, in the bag they came in if it has a valve. Two rules matter more than "
    "the rest:\n\n- Buy what you drink in three weeks. Coffee loses more by age than by",
    waiting=("What about the freezer?", "Write all of this as a card for the kitchen wall"),
    search="coffee",
    nothing="zeppelin",
    title="Coffee for two, by hand",
    quick=(
        "What is 15 % of 86?",
        "15 % of 86 is **12.9**.\n\nTen per cent is 8.6, half of that is 4.3, and together they make 12.9.",
    ),
    pictures=(
        "Which of these would you print large for the kitchen?",
        "The **lake in the evening**. It has one calm shape and two colours, so it still reads from across the room. "
        "The mountain at noon has more detail, but it needs to be looked at from near by.",
        ("lake in the evening.jpg", "mountain at noon.jpg", "IMG_20260714_183022_panorama.jpg"),
    ),
)

_CHINESE = SampleTexts(
    coffee=(
        (
            "我有一个手冲滤杯和一台厨房秤。怎样冲出两个人喝的好咖啡？",
            "用 **30 克咖啡粉配 500 克水**，研磨到粗砂糖的粗细，水温略低于沸点（约 94 °C）。\n\n"
            "1. 用热水冲洗滤纸，把这些水倒掉。\n"
            "2. 先注入 60 克水，等待 40 秒：新鲜的咖啡会膨胀，排出气体。\n"
            "3. 缓慢地绕圈注水到 300 克，等水位略微下降，再注到 500 克。\n"
            "4. 大约三分半钟后，最后几滴应当滴完。\n\n"
            "如果时间明显更长，就磨粗一些；如果流得太快，就磨细一些。",
        ),
        (
            "喝起来发酸。应该先改什么？",
            "发酸说明萃取不足。每次只改一处，按下面的顺序来：\n\n"
            "| 调整 | 为什么有用 | 调多少 |\n"
            "|---|---|---|\n"
            "| 磨细一些 | 接触面更大，流速更慢 | 两格 |\n"
            "| 水温高一些 | 溶出更多 | 96 °C |\n"
            "| 注水慢一些 | 接触时间更长 | 多 20 秒 |\n\n"
            "> 等咖啡稍微凉一点再尝一次：温热的时候更容易分辨酸味。\n\n"
            "如果反而变*苦*了，就说明调过头了一步。",
        ),
    ),
    physics=(
        "推导单摆的周期，并演示怎样用 Python 计算。",
        "<think>\n用户需要推导过程和代码。从沿圆弧方向的牛顿第二定律出发，把正弦线性化，再给出大摆角的修正。\n\n"
        "检验：一米长的摆大约是两秒。没有问题。\n</think>"
        "## 从受力到周期\n\n"
        "摆长为 $L$ 的单摆，沿圆弧方向只有重力的一个分量起作用：\n\n"
        "$$ m L \\ddot{\\theta} = -m g \\sin\\theta $$\n\n"
        "摆角很小时 $\\sin\\theta \\approx \\theta$，这就是角频率为 $\\omega = \\sqrt{g/L}$ 的简谐振动，周期为\n\n"
        "$$ T = \\frac{2\\pi}{\\omega} = 2\\pi\\sqrt{\\frac{L}{g}} $$\n\n"
        "质量消去了：重的摆锤并不比轻的摆得慢。\n\n"
        "## 用 Python 计算\n\n" + _CODE + "\n\n"
        "一米长的单摆需要 `2.006 s`。小角度公式的误差如下：\n\n"
        "| 摆角 | 精确周期 | 误差 |\n"
        "|:--|--:|--:|\n"
        "| 5° | 2.007 s | 0.05 % |\n"
        "| 20° | 2.021 s | 0.76 % |\n"
        "| 45° | 2.086 s | 3.84 % |\n\n"
        "### 自己试一试\n\n"
        "- [x] 推导公式\n"
        "- [ ] 用细线挂一个重物，测量十次摆动的时间\n"
        "- [ ] 对比结果；参见[单摆](https://zh.wikipedia.org/wiki/单摆)",
    ),
    others=(
        ("给灰猫起个名字", 0),
        ("就暖气问题写给房东的信", 1),
        ("山里三天的行李清单", 1),
        ("面团为什么会发起来？", 3),
        ("匹配德国邮政编码的正则表达式", 4),
        ("园艺协会春季会议记录的摘要，以及下一次会议之前要做的事情", 6),
        ("奶奶生日的祝词", 19),
        ("TCP 和 UDP 的区别", 34),
        ("去里斯本坐火车还是飞机", 61),
    ),
    edited="喝起来发酸，而且有点淡。应该先改什么？",
    follow_up="那咖啡豆应该怎样保存？",
    streamed="保存时要**整豆、干燥、避光**；如果原来的包装袋带排气阀，就留在袋子里。有两条规则最重要：\n\n"
    "- 只买三周内能喝完的量。咖啡因为放久而损失的风味，比因为",
    waiting=("可以放进冷冻室吗？", "把这些内容写成一张可以贴在厨房墙上的卡片"),
    search="咖啡",
    nothing="齐柏林",
    title="两个人的手冲咖啡",
    quick=(
        "86 的 15 % 是多少？",
        "86 的 15 % 是 **12.9**。\n\n10 % 是 8.6，它的一半是 4.3，加起来就是 12.9。",
    ),
    pictures=(
        "这几张里，哪一张适合放大挂在厨房？",
        "**傍晚的湖**。它只有一个安静的形状和两种颜色，隔着整个房间也看得清楚。正午的山细节更多，但需要走近了看。",
        ("傍晚的湖.jpg", "正午的山.jpg", "IMG_20260714_183022_全景.jpg"),
    ),
)

SAMPLE_TEXTS = {"en": _ENGLISH, "zh_CN": _CHINESE}
